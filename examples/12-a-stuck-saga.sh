# A saga that nobody answers any more, and the ways out. Three orders, led by an orchestrator; the
# commands of all are spoiled on their way.

tram customer create --name "Jane Doe" --credit-limit 10
tram order create --customer-id 1 --order-total 4 --saga orchestration
tram order create --customer-id 1 --order-total 3 --saga orchestration
tram order create --customer-id 1 --order-total 2 --saga orchestration
sqlite3 .tram/order.db "UPDATE message SET payload = 'x' WHERE type = 'ReserveCredit'"
tram relay run --until-idle --max-attempts 1

# As long as a command is parked, a decision about it is one about the saga too.

tram saga resend 1 --yes
tram deadletter discard --all --yes
tram relay run --until-idle

# Now nothing is on its way that these sagas wait for, and who looks is told.

tram relay status
tram saga list
tram saga retry --where state=stuck --dry-run

# The first one's command is sent again. Nobody has handled the one that was lost. The new one may be
# handled at any time, and nothing would undo that: from now on the saga cannot be rolled back.

tram saga resend 1 --yes --reason "the command was spoiled"
tram saga rollback 1 --yes
tram relay run --until-idle

# The second one is rolled back: its command was discarded and never handled, so that no credit is
# reserved.

tram saga rollback 2 --yes
tram relay run --until-idle

# The third one is given up, which is for good; what it may have locked is freed.

tram saga abandon 3 --yes --reason "settled by telephone"
tram relay run --until-idle
tram saga show 3

# What is left behind is told, and breaks no rule.

tram store check
