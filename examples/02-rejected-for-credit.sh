# The customer's credit is not enough: the saga rejects the order and reserves nothing.

tram customer create --name "Jane Doe" --credit-limit 15.00
tram order create --customer-id 1 --order-total 123.34
tram relay run --until-idle
tram order show 1
tram customer show 1
tram history show 1
