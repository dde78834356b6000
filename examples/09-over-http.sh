# The three services over HTTP: the session of Eventuate Tram's example, with its own curl commands.
# The server's relay delivers messages as they come.
tram serve >served.txt 2>log.jsonl &
curl --silent --retry 20 --retry-delay 1 --retry-connrefused http://localhost:8083/actuator/health --write-out '\n'

# First, create a customer:
curl --silent --write-out '\n' -X POST --header "Content-Type: application/json" -d '{
  "creditLimit": {
    "amount": 5
  },
  "name": "Jane Doe"
}' http://localhost:8082/customers

# Next, create an order:
curl --silent --write-out '\n' -X POST --header "Content-Type: application/json" -d '{
  "customerId": 1,
  "orderTotal": {
    "amount": 4
  }
}' http://localhost:8081/orders

# Commands may be used on the same stores. This one waits until everything is delivered:
until tram relay status --exit-code >status.txt; do sleep 0.1; done

# Next, check the status of the order in the Order Service:
curl --silent --write-out '\n' -X GET http://localhost:8081/orders/1

# Finally, look at the customer's order history in the Order History Service:
curl --silent --write-out '\n' -X GET --header "Accept: */*" "http://localhost:8083/customers/1"

# An orchestrated order. Only 1.00 of the credit is left, so its saga rejects it:
curl --silent --write-out '\n' --json '{"customerId":1,"orderTotal":{"amount":4},"saga":"orchestration"}' http://localhost:8081/orders
until tram relay status --exit-code >status.txt; do sleep 0.1; done
curl --silent --write-out '\n' http://localhost:8081/orders/2

# Cancelling the first one frees its credit:
curl --silent --write-out '\n' -X POST http://localhost:8081/orders/1/cancel
until tram relay status --exit-code >status.txt; do sleep 0.1; done
curl --silent --write-out '\n' http://localhost:8082/customers/1

# What is wrong is told in the command line's words:
curl --silent --write-out '\n' -X POST http://localhost:8081/orders/2/cancel

# Two of the server's measurements, for Prometheus:
curl --silent http://localhost:8081/metrics | grep ^eventuate_cdc_messages_processed

# Its log tells of every request, without what was sent:
grep --max-count=1 /cancel log.jsonl | sed 's/"time":"[^"]*"/"time":"..."/; s/"microseconds":[0-9]*/"microseconds":.../'

# The server ends when the requests in hand are answered:
kill $!
wait $! && echo "ended"
tram store check
