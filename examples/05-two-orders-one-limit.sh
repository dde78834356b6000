# Two orders race for one limit. Each would fit alone; the customer's service decides
# about one after the other, each in a transaction of its own.

tram customer create --name "Jane Doe" --credit-limit 1000
tram order create --customer-id 1 --order-total 600
tram order create --customer-id 1 --order-total 500

# A step is one delivery: see who comes first.

tram relay run --step
tram relay run --step
tram order show 1
tram order show 2
tram relay run --until-idle --quiet
tram order list
tram customer show 1
