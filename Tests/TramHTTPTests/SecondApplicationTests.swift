import Testing
import TramWorkbench

@testable import TramHTTP

/// An application that has only its stores, a handler, an endpoint and a gauge is served with all the rest.
@Suite struct SecondApplicationTests {
    @Test func `its own endpoint writes, and the relay delivers`() async throws {
        let depot = try ServedDepot()
        #expect(await depot.take("tea") == (200, #"{"parcel":1}"#))
        #expect(
            await depot.ask("GET", "/relay/status") == (
                200,
                #"{"outboxes":["#
                    + #"{"service":"depot","pending":1,"failed":0,"next":{"message":"depot:1","type":"ParcelArrived"},"parked":0},"#
                    + #"{"service":"board","pending":0,"failed":0,"next":null,"parked":0}],"#
                    + #""pending":1,"idle":false,"parked":0,"stuck":[],"stranded":[],"waitingFor":[],"failedSagas":[],"unavailable":[]}"#
            ))
        let pass = await depot.ask("POST", "/relay/run")
        #expect(pass.text.contains("announced 'tea'"), "\(pass)")
        #expect(
            await depot.ask("GET", "/actuator/health")
                == (200, #"{"status":"UP","details":[],"parked":0}"#))
    }

    @Test func `an action is told by its body and its path`() async throws {
        let depot = try ServedDepot()
        let path = "/shelves/2/parcels"
        for (body, status, words) in [
            (#"{"content":"tea","fragile":true}"#, 200, #""parcel":1"#),
            (#"{"content":"tea","fragile":"yes"}"#, 400, "'fragile' is not true or false"),
            (#"{"content":7}"#, 400, "'content' is not a string"),
            (#"{"content":" "}"#, 400, "invalid-text"),
            (#"{"fragile":true}"#, 400, "'content' is missing"),
            (#"{"content":"tea","shelf":2}"#, 400, "unknown key 'shelf'"), ("", 400, "is empty"),
        ] {
            let answer = await depot.ask("POST", path, body: body)
            #expect(answer.status == status, "\(body)")
            #expect(answer.text.contains(words), "\(answer.text)")
        }
        let shelf = await depot.ask("POST", "/shelves/x/parcels", body: #"{"content":"tea"}"#)
        #expect(shelf.status == 400)
        #expect(shelf.text.contains("invalid-id"))
        #expect(await depot.ask("POST", "/relay/run").text.contains("announced 'tea (fragile)'"))
        #expect(await depot.ask("GET", "/board") == (200, #"{"announced":1}"#))
    }

    @Test func `an action that is repeated under its key is done once`() async throws {
        let depot = try ServedDepot()
        let key = (name: "Idempotency-Key", value: "a")
        func take(_ content: String) async -> (status: Int, text: String) {
            await depot.ask(
                "POST", "/shelves/1/parcels", body: #"{"content":"\#(content)"}"#, [key])
        }
        for _ in 1...2 { #expect(await take("tea") == (200, #"{"parcel":1}"#)) }
        #expect(await take("rice").status == 422)
        #expect(await depot.ask("GET", "/relay/status").text.contains(#""pending":1,"idle""#))
    }

    @Test func `what is wrong is told in its own name`() async throws {
        let depot = try ServedDepot()
        let unknown = await depot.ask("POST", "/shelves/1/parcels", body: #"{"contents":"tea"}"#)
        #expect(unknown.status == 400)
        #expect(unknown.text.contains("unknown key 'contents'"))
        let foreign = await depot.ask("GET", "/metrics", host: "evil.example")
        #expect(foreign.status == 421)
        #expect(foreign.text.contains("depot serve --host NAME"), "\(foreign.text)")
        let page = await depot.ask(
            "POST", "/shelves/1/parcels", body: "{}", [("Origin", "http://evil.example")])
        #expect(page.status == 403)
    }

    @Test func `a token keeps everybody else out`() async throws {
        let depot = try ServedDepot(token: "0123456789abcdef")
        #expect(await depot.ask("GET", "/metrics").status == 401)
        let field = (name: "Authorization", value: "Bearer 0123456789abcdef")
        #expect(await depot.ask("GET", "/metrics", [field]).status == 200)
    }

    @Test func `dead letters are told and decided`() async throws {
        let depot = try ServedDepot()
        _ = await depot.take("bomb")
        for _ in 1...5 { _ = await depot.ask("POST", "/relay/run") }
        let letters = await depot.ask("GET", "/deadletters")
        #expect(letters.text.contains(#""message":"depot:1""#), "\(letters.text)")
        let metrics = await depot.ask("GET", "/metrics").text
        #expect(metrics.contains("tram_outbox_parked{outbox=\"depot\"} 1\n"))
        #expect(
            await depot.ask("POST", "/deadletters/depot:1/discard").text.contains(
                "\"discarded\":[{"))
        #expect(await depot.ask("GET", "/deadletters").text == "[]")
    }

    @Test func `its sagas are told and decided by type and id`() async throws {
        let depot = try ServedDepot()
        #expect(await depot.ask("POST", "/parcels/7/pickup") == (200, #"{"saga":"Pickup:1"}"#))
        #expect(await depot.ask("POST", "/parcels/13/pickup") == (200, #"{"saga":"Pickup:2"}"#))
        for _ in 1...6 { _ = await depot.ask("POST", "/relay/run") }
        #expect(
            await depot.ask("GET", "/sagas/Pickup:1").text
                .hasPrefix(
                    #"{"saga":"Pickup:1","sagaType":"Pickup","sagaId":"1","state":"completed","#))
        let list = await depot.ask("GET", "/sagas").text
        #expect(
            list.contains(#""saga":"Pickup:1""#) && list.contains(#""saga":"Pickup:2""#), "\(list)")

        // The command of the second is parked; given up, nothing moves its saga any more.
        _ = await depot.ask("POST", "/deadletters/discard")
        for _ in 1...3 { _ = await depot.ask("POST", "/relay/run") }
        #expect(
            await depot.ask("GET", "/relay/status").text.contains(#""stuck":[{"saga":"Pickup:2"}]"#)
        )
        #expect(
            await depot.ask("GET", "/metrics").text
                .contains("\ntram_sagas_needing_help{need=\"stuck\"} 1\n"))
        let abandoned = await depot.ask("POST", "/sagas/Pickup%3A2/abandon")
        #expect(abandoned.status == 200)
        #expect(abandoned.text.hasPrefix(#"{"saga":"Pickup:2","effects":["#), "\(abandoned.text)")
        #expect(await depot.ask("POST", "/sagas/Pickup:2/abandon").status == 409)
        let unknown = await depot.ask("GET", "/sagas/Pickup:9")
        #expect(unknown.status == 404)
        #expect(unknown.text.contains(#""code":"saga-not-found""#), "\(unknown.text)")
        #expect(unknown.text.contains("see all sagas: GET /sagas"))
    }

    @Test func `its description names what is its own, and what every application has`()
        async throws
    {
        let depot = try ServedDepot()
        let document = try JSON(
            parsing: Array(await depot.ask("GET", "/openapi.json").text.utf8)
        ).text
        for part in [
            #""info":{"title":"depot","version":"2.0.0","description":"Served by depot."}"#,
            #""/shelves/{shelf}/parcels":{"post":{"operationId":"takeParcel""#,
            #""Parcel":{"type":"object""#,
            #""/purge":"#, #""/deadletters":"#, #""/relay/run":"#, #""RelayStatus":"#,
            "`depot relay status --json`",
        ] {
            #expect(document.contains(part), "\(part)")
        }
        for word in ["orderId", "customer", "`tram"] {
            #expect(!document.contains(word), "\(word)")
        }
    }

    @Test func `its gauge is measured beside the others`() async throws {
        let depot = try ServedDepot()
        _ = await depot.take("tea")
        let before = await depot.ask("GET", "/metrics").text
        _ = await depot.ask("POST", "/relay/run")
        let after = await depot.ask("GET", "/metrics").text
        #expect(before.contains("\ndepot_announced{board=\"the \\\"big\\\" one\"} 0\n"))
        #expect(before.contains("\ntram_outbox_backlog{outbox=\"depot\"} 1\n"))
        #expect(after.contains("\ndepot_announced{board=\"the \\\"big\\\" one\"} 1\n"))
        #expect(after.contains("\ntram_outbox_backlog{outbox=\"depot\"} 0\n"))
        #expect(after.contains("\neventuate_cdc_leader 0\n"))
        #expect(
            after.contains(
                "\ntram_delivery_attempts_total{subscriber=\"arrivals\",outcome=\"handled\"} 1\n"))
    }
}
