import Testing
import Tram
import TramSQLite

/// Mistakes that would lose messages are refused when services are connected, all in one way.
@Suite struct WiringTests {
    private func listener(_ id: String) -> DomainEventHandlers {
        DomainEventHandlers(id, [.on(Happened.self) { _, _ in .handled("heard") }])
    }

    private func participant(
        _ id: String, on channel: CommandChannel = .participant
    ) -> CommandHandlers {
        CommandHandlers(id, on: channel, [.on(Do.self) { _, _ in .success() }])
    }

    private func relay(_ subscribers: [any Subscriber]...) throws -> Relay {
        try Relay(
            wholeSystem: subscribers.enumerated().map { index, subscribers in
                try Service(store: messagingStore("service\(index)"), subscribers: subscribers)
            })
    }

    @Test func `two subscribers with one id are refused, in one service or two`() {
        let twice = WiringError.subscriberTwice(id: "a", services: ["service0", "service0"])
        #expect(throws: twice) { try relay([listener("a"), participant("a")]) }
        #expect(throws: WiringError.subscriberTwice(id: "a", services: ["service0", "service1"])) {
            try relay([listener("a")], [listener("a")])
        }
        #expect(throws: Never.self) { try relay([listener("a")], [listener("b")]) }
        #expect(throws: Never.self) {
            try relay([CombinedSubscriber("a", [listener("a"), participant("a")])])
        }
        #expect(throws: WiringError.partWithOtherID(subscriber: "a", part: "b")) {
            try relay([CombinedSubscriber("a", [listener("a"), participant("b")])])
        }
    }

    @Test func `two handlers for one event or one command are refused`() {
        let events = DomainEventHandlers(
            "a",
            [
                .on(Happened.self) { _, _ in .handled("one") },
                .on(Happened.self) { _, _ in .handled("two") },
            ])
        let commands = CommandHandlers(
            "a", on: .participant,
            [.on(Do.self) { _, _ in .success() }, .on(Do.self) { _, _ in .success() }])
        #expect(throws: WiringError.handlerTwice(type: "Happened", subscriber: "a")) {
            try relay([events])
        }
        #expect(throws: WiringError.handlerTwice(type: "Do", subscriber: "a")) {
            try relay([CombinedSubscriber("a", [commands])])
        }
    }

    @Test func `two receivers of one channel's commands are refused`() {
        let channel = CommandChannel.participant.name
        #expect(
            throws: WiringError.channelServedTwice(channel: channel, subscribers: ["a", "b"])
        ) { try relay([participant("a")], [participant("b")]) }
    }

    @Test func `a saga's step to a channel that nobody serves is refused`() throws {
        let saga = try SagaManager(TestSaga(.remote(1)), id: "saga")
        #expect(
            throws: WiringError.channelNotServed(
                channel: CommandChannel.participant.name, saga: "TestSaga", step: "step 1")
        ) { try relay([saga]) }
        #expect(throws: Never.self) { try relay([saga], [participant("a")]) }
        #expect(throws: Never.self, "another part of the system may serve it") {
            try Relay(partOfSystem: [Service(store: messagingStore("a"), subscribers: [saga])])
        }
    }

    @Test func `one saga type in two services is refused`() throws {
        let sagas = try ["one", "two"].map { try SagaManager(TestSaga(.remote(1)), id: $0) }
        #expect(
            throws: WiringError.sagaRunTwice(type: "TestSaga", subscribers: ["one", "two"])
        ) { try relay([sagas[0]], [sagas[1], participant("a")]) }
    }

    @Test func `a bad definition is refused, and traps nowhere`() {
        let secondAction = TestSaga(Step("one").invokeLocal { _, _ in }.invokeLocal { _, _ in })
        #expect(
            throws: WiringError.badSaga(.secondOperation(saga: "TestSaga", step: "one"))
        ) { try SagaManager(secondAction, id: "x") }
        let secondCompensation = TestSaga(
            Step("one").withCompensation { _, _ in }.withCompensation { _, _ in })
        #expect(
            throws: WiringError.badSaga(.secondOperation(saga: "TestSaga", step: "one"))
        ) { try SagaManager(secondCompensation, id: "x") }
        let early = TestSaga(Step("one").retrying(1, on: .anyRefusal).invokeLocal { _, _ in })
        #expect(
            throws: WiringError.badSaga(.nothingToAddTo(saga: "TestSaga", step: "one"))
        ) { try SagaManager(early, id: "x") }
    }

    @Test func `who begins now and receives commands or replies is refused, as a whole too`() throws
    {
        let error = WiringError.beginsNowWithCommands(subscriber: "a")
        let now = DomainEventHandlers(
            "a", begins: .now, [.on(Happened.self) { _, _ in .handled("heard") }])
        #expect(throws: error) { try relay([CombinedSubscriber("a", [now, participant("a")])]) }
        let saga = try SagaManager(TestSaga(.remote(1)), id: "a")
        #expect(throws: error) {
            try relay([CombinedSubscriber("a", [now, saga]), participant("b")])
        }
        #expect(throws: Never.self) { try relay([CombinedSubscriber("a", [now])]) }
    }

    @Test func `two services with one name are refused`() throws {
        let service = try Service(store: messagingStore("a"), subscribers: [])
        #expect(throws: WiringError.serviceTwice("a")) {
            try Relay(wholeSystem: [service, service])
        }
    }

    @Test func `a failure reply that is returned is a failed delivery, and traps nowhere`() throws {
        let confused = CommandHandlers(
            "confused", on: .participant, [.on(Do.self) { _, _ in .success(Declined()) }])
        let sender = try messagingStore("sender")
        let relay = try Relay(wholeSystem: [
            Service(store: sender, subscribers: []),
            Service(store: messagingStore("receiver"), subscribers: [confused]),
        ])
        try sender.write { _ = try $0.send(Do(step: 1), to: .participant, orderedBy: "1") }
        let summary = try relay.run().pass()
        #expect(summary.failed == 1)
        #expect(summary.pending == 1)
    }
}
