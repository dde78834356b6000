# The same services over HTTP. The program is its own server.
trips serve --relay manual >served.txt 2>log.jsonl &
curl --silent --retry 20 --retry-delay 1 --retry-connrefused http://localhost:8080/actuator/health --write-out '\n'

curl --silent --write-out '\n' --json '{"traveller":"Ada","city":"Lisbon"}' http://localhost:8080/trips
curl --silent --write-out '\n' --json '{"traveller":"Bob","city":"Rome","car":true}' http://localhost:8080/trips

# Nothing is delivered by itself: each request makes one pass.
curl --silent --write-out '\n' -X POST http://localhost:8080/relay/run

# The commands of the shell work beside the server.
trips relay run --until-idle --quiet
curl --silent --write-out '\n' http://localhost:8080/trips/1
curl --silent --write-out '\n' http://localhost:8080/trips/2
curl --silent --write-out '\n' http://localhost:8080/trips/3

kill $!
wait $! && echo "ended"
