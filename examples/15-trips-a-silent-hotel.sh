# Hotels that do not answer. How many of the next requests a desk misses is in the hotels' store.

trips book --traveller Ada --city Porto
trips book --traveller Bob --city Malta
sqlite3 -readonly .trips/hotels.db "SELECT city, misses FROM desk"
trips relay run --until-idle

# Nothing is on its way, and the sagas wait. Ten minutes later the deadline passes, and each hotel is asked
# again. Nobody has to wait that long here: --advance treats the deadlines within that time as passed.

trips relay run --until-idle --advance 10m
trips list

# The third time in Malta was the last. Its hotel may have booked the room though it did not answer, so it is
# asked to free it.

trips relay run --until-idle --advance 10m --quiet
trips relay run --until-idle --advance 10m
trips list
trips store check | tail -1
