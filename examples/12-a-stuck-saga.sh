# A saga that nobody answers any more, and the ways out. Two orders, led by an orchestrator; the commands
# of both are spoiled on their way.

tram customer create --name "Jane Doe" --credit-limit 10
tram order create --customer-id 1 --order-total 4 --saga orchestration
tram order create --customer-id 1 --order-total 3 --saga orchestration
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

# The first one's command is sent again. Nobody has handled the one that was lost.

tram saga resend 1 --yes --reason "the command was spoiled"
tram relay run --until-idle

# The second one cannot be rolled back: nothing would undo the step that may have been done. It is given
# up, which is for good; what it may have locked is freed.

tram saga rollback 2 --yes
tram saga abandon 2 --yes --reason "settled by telephone"
tram relay run --until-idle
tram saga show 2

# What is left behind is told, and breaks no rule.

tram store check
