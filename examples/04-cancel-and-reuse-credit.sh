# The first order takes all the credit.

tram customer create --name "Jane Doe" --credit-limit 15.00
tram order create --customer-id 1 --order-total 12.34
tram order cancel 1 || echo "exit code $?"
tram relay run --until-idle --quiet
tram order show 1

# Cancelled, and its credit is free as soon as the customer's service hears of it.

tram order cancel 1
tram customer show 1
tram relay run
tram customer show 1
tram order create --customer-id 1 --order-total 15
tram relay run --until-idle --quiet
tram order list
tram history show 1
