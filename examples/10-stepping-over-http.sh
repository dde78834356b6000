# With --relay manual nothing is delivered by itself: whoever has a client for HTTP makes each step.
tram serve --relay manual >served.txt 2>log.jsonl &
curl --silent --retry 20 --retry-delay 1 --retry-connrefused http://localhost:8081/actuator/health --write-out '\n'

curl --silent --write-out '\n' --json '{"name":"Jane Doe","creditLimit":{"amount":5}}' http://localhost:8082/customers
curl --silent --write-out '\n' --json '{"customerId":1,"orderTotal":{"amount":4}}' http://localhost:8081/orders

# What waits in the outboxes:
curl --silent --write-out '\n' http://localhost:8081/relay/status

# One delivery: the customer's event reaches the order history.
curl --silent --write-out '\n' -X POST "http://localhost:8081/relay/run?step=1"

# The next one reserves the credit, and the answer to it waits in the Customer Service's outbox.
curl --silent --write-out '\n' -X POST "http://localhost:8081/relay/run?step=1"
curl --silent --write-out '\n' http://localhost:8081/orders/1

# A whole pass, by the command this time; then one more over HTTP. The step before has handled one half
# of order:1: the customer's inbox knows it.
tram relay run
curl --silent --write-out '\n' -X POST http://localhost:8081/relay/run
curl --silent --write-out '\n' http://localhost:8083/customers/1

kill $!
wait $! && echo "ended"
