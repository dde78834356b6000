# A poison message, and the way out. Three orders; a disk, a person or a program spoils the first
# one's event, behind the back of everybody.

tram customer create --name "Jane Doe" --credit-limit 10
tram order create --customer-id 1 --order-total 4
tram order create --customer-id 1 --order-total 3
tram order create --customer-id 1 --order-total 2 --saga orchestration
sqlite3 .tram/order.db "UPDATE message SET payload = '{\"oops\":1}' WHERE id = 1"

# The message does not fit its digest, so it is not delivered. Everything else is.

tram relay run --until-idle
tram outbox show order:1

# Each relay tries once more; the fifth parks it. Then no relay looks at it any more.

for attempt in 2 3 4 5; do tram relay run --quiet; done
tram relay run
tram deadletter list
tram order show 1

# A dead letter waits for a person. Another payload goes to one subscriber; the row stays as it is.

echo '{"orderDetails":{"customerId":1,"orderTotal":{"amount":4}},"saga":"choreography"}' >payload.json
tram deadletter edit order:1 --subscriber customer <payload.json
tram relay run --until-idle

# The order is approved, and that waits in the view behind its beginning. So the view gets it too.

tram history show 1
tram deadletter edit order:1 <payload.json
tram relay run --until-idle
tram history show 1
tram outbox list

# The last order's approval is spoiled as well, and this time nobody knows what it should have been.

tram order create --customer-id 1 --order-total 1
tram relay run --quiet
tram relay run --quiet
sqlite3 .tram/order.db "UPDATE message SET payload = 'x' WHERE published = 0"
tram relay run --max-attempts 1
tram deadletter discard --all --yes
tram relay run --until-idle
tram store check
