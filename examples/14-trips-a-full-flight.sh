# The flight to Rome is full. What was booked before is given back, last things first: the participants
# are asked to undo what they have done.

trips book --traveller Ada --city Rome --car
trips offers
trips relay run --until-idle
trips show 1
trips offers
trips store check | tail -1
