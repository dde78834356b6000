# Eight processes create 40 orders at once, while a relay runs beside them.

tram customer create --name "Jane Doe" --credit-limit 250 --quiet
tram relay run --watch --quiet >relay.log 2>&1 &
relay=$!
for process in 1 2 3 4 5 6 7 8; do
    for order in 1 2 3 4 5; do
        tram order create --customer-id 1 --order-total 10 --quiet >>ids || echo failed
    done &
    creators="${creators:-} $!"
done
wait $creators
sort -n ids | uniq | wc -l | tr -d ' '
kill -TERM $relay
wait $relay || echo "relay ended with $?"

# One more run delivers whatever is left. 25 orders fit into the limit, whichever they are.

tram relay run --until-idle --quiet >/dev/null
tram order list --state APPROVED --json | grep -o APPROVED | wc -l | tr -d ' '
tram order list --state REJECTED --json | grep -o INSUFFICIENT_CREDIT | wc -l | tr -d ' '
tram customer show 1
tram store check
