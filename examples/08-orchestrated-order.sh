# The same order, with an orchestrator: a saga in the Order Service tells the Customer
# Service what to do, and waits for its reply.

tram customer create --name "Jane Doe" --credit-limit 5
tram order create --customer-id 1 --order-total 4 --saga orchestration
tram order show 1
tram relay run
tram relay run
tram relay run
tram order show 1

# What the saga was to do, and what it did.

tram saga show 1

# One that is refused undoes what it had done.

tram order create --customer-id 1 --order-total 4 --saga orchestration --quiet
tram relay run --until-idle
tram saga list
