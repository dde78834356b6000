# A customer with a credit limit of 5, and an order of 4.

tram customer create --name "Jane Doe" --credit-limit 5
tram order create --customer-id 1 --order-total 4
tram order show 1

# Nothing has been delivered yet. Each pass of the relay delivers what is pending,
# and what the handlers publish meanwhile waits for the next pass.

tram relay run
tram relay run
tram relay run
tram relay run

# Now every service knows.

tram order show 1
tram customer show 1
tram history show 1
tram store check
