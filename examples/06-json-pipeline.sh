# Every command prints JSON on one line with --json, and the same exit code.

id=$(tram customer create --name "Jane Doe" --credit-limit 100 --quiet)
for total in 30 80 50; do
    tram order create --customer-id "$id" --order-total "$total" --json
done
tram relay run --until-idle --json | grep -o '"failed":[0-9]*'

# Which orders were rejected?

tram order list --json | tr '{' '\n' | sed -n 's/.*"orderId":\([0-9]*\),"orderState":"REJECTED".*/\1/p'
tram history show "$id" --json
tram order show 99 --json || echo "exit code $?"
