# One room in Oslo, and two travellers. Ada comes first, and wants a car; there is none in Oslo.

trips book --traveller Ada --city Oslo --car
trips book --traveller Bob --city Oslo

# The room is Ada's until her trip is booked or given up: it is locked, and Bob's command waits.

trips relay run
trips saga list
trips saga show 2

# Without a car, Ada's room is freed again. Bob is not refused what is free in the end.

trips relay run --until-idle
trips list
trips store check | tail -1
