# The Order Service does not look into the Customer Service's store. An order for a
# customer who does not exist is accepted as PENDING, and the saga finds out.

tram order create --customer-id 123 --order-total 12.34
tram order show 1
tram relay run --until-idle
tram order show 1
tram history show 123
tram customer show 123 || echo "exit code $?"
