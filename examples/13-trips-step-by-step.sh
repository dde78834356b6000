# A trip, one visible step at a time. Ada goes to Lisbon, and wants no car: that step is skipped.

trips book --traveller Ada --city Lisbon
trips outbox list
trips saga show 1

# Each step of the relay is one delivery: a command to a participant, or its reply to the saga.

trips relay run --step
trips relay run --step
trips relay run --step
trips relay run --step

# All is booked. The ticket is mailed by a notification, to which nobody replies.

trips outbox list --pending
trips relay run
trips show 1
trips saga show 1
trips store check
