// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A service of the example: it may know the library and the contracts, never another service.
func service(_ name: String) -> Target {
    .target(
        name: name, dependencies: ["Tram", "Contracts"],
        path: "Sources/CustomersAndOrders/\(name)", swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A library that only the trait Server needs.
func server(_ product: String, _ package: String) -> Target.Dependency {
    .product(name: product, package: package, condition: .when(traits: ["Server"]))
}

let package = Package(
    name: "tram",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Tram", targets: ["Tram"]),
        .library(name: "TramSQLite", targets: ["TramSQLite"]),
        .library(name: "TramRunner", targets: ["TramRunner"]),
        .library(name: "TramTesting", targets: ["TramTesting"]),
        .library(name: "TramWorkbench", targets: ["TramWorkbench"]),
        .library(name: "TramCommands", targets: ["TramCommands"]),
        .library(name: "TramHTTP", targets: ["TramHTTP"]),
        .library(name: "TramHTTPServer", targets: ["TramHTTPServer"]),
        .executable(name: "tram", targets: ["TramCLI"]),
        .executable(name: "tram-serve", targets: ["TramServe"]),
    ],
    traits: [
        .trait(name: "Server", description: "Build tram-serve with the libraries that it needs.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // For the trait Server. Without it they are not fetched.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        // The library.
        .target(name: "Tram", swiftSettings: settings),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "CPlatform"),
        .target(name: "Platform", dependencies: ["CPlatform"], swiftSettings: settings),
        .target(
            name: "TramSQLite", dependencies: ["Tram", "Platform", "CSQLite"],
            swiftSettings: settings),

        // Apart from the stores: a program that only makes single passes needs no threads.
        .target(
            name: "TramRunner", dependencies: ["Tram", "Platform"], swiftSettings: settings),
        .target(
            name: "TramTesting", dependencies: ["Tram", "TramSQLite"], swiftSettings: settings),

        // What can be asked of any application: plain values, without arguments and sockets.
        .target(
            name: "TramWorkbench", dependencies: ["Tram", "TramSQLite", "Platform"],
            swiftSettings: settings),

        // The same as commands of the shell.
        .target(
            name: "TramCommands",
            dependencies: [
                "TramWorkbench", "Tram", "TramSQLite", "Platform",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: settings),

        // The same over HTTP, without the network, and the network.
        .target(
            name: "TramHTTP",
            dependencies: ["TramWorkbench", "Tram", "TramSQLite", "TramRunner", "Platform"],
            swiftSettings: settings),
        .target(
            name: "TramHTTPServer",
            dependencies: [
                "TramHTTP", "TramWorkbench", "Tram", "Platform",
                server("Hummingbird", "hummingbird"),
                server("HummingbirdCore", "hummingbird"),
                server("ServiceLifecycle", "swift-service-lifecycle"),
                server("UnixSignals", "swift-service-lifecycle"),
                server("Logging", "swift-log"),
                server("NIOCore", "swift-nio"),
                server("NIOHTTP1", "swift-nio"),
                server("NIOHTTPTypes", "swift-nio-extras"),
                server("HTTPTypes", "swift-http-types"),
            ], swiftSettings: settings),

        // The example: three services that share nothing but contracts, and their wiring.
        .target(
            name: "Contracts", dependencies: ["Tram"],
            path: "Sources/CustomersAndOrders/Contracts", swiftSettings: settings),
        service("Customers"),
        service("Orders"),
        service("OrderHistory"),
        .target(
            name: "CustomersAndOrders",
            dependencies: [
                "Tram", "TramSQLite", "TramWorkbench", "Platform", "Contracts", "Customers",
                "Orders", "OrderHistory",
            ], path: "Sources/CustomersAndOrders/System", swiftSettings: settings),

        // The example over HTTP, and the program that serves it.
        .target(
            name: "CustomersAndOrdersHTTP",
            dependencies: [
                "TramHTTP", "TramWorkbench", "Tram", "Contracts", "Customers", "Orders",
                "OrderHistory", "CustomersAndOrders",
            ], path: "Sources/CustomersAndOrders/Endpoints", swiftSettings: settings),
        .executableTarget(
            name: "TramServe",
            dependencies: [
                "CustomersAndOrders", "CustomersAndOrdersHTTP", "TramHTTPServer", "TramWorkbench",
            ],
            path: "Sources/CustomersAndOrders/Server", swiftSettings: settings),

        // The command line.
        .executableTarget(
            name: "TramCLI",
            dependencies: [
                "Tram", "TramSQLite", "Platform", "Contracts", "Customers", "Orders",
                "OrderHistory", "CustomersAndOrders", "TramWorkbench", "TramCommands",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "Sources/CustomersAndOrders/Commands", swiftSettings: settings),
        .executableTarget(
            name: "HelloTram", dependencies: ["Tram", "TramSQLite"], path: "examples/HelloTram",
            swiftSettings: settings),
        // A second application on the workbench; the target has the name of the program.
        .executableTarget(
            name: "trips",
            dependencies: [
                "Tram", "TramSQLite", "TramWorkbench", "TramCommands", "TramHTTP",
                "TramHTTPServer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "examples/Trips", swiftSettings: settings),
        .executableTarget(
            name: "GrowingShop", dependencies: ["Tram", "TramSQLite"],
            path: "examples/GrowingShop", swiftSettings: settings),
        .executableTarget(
            name: "AsyncTram", dependencies: ["Tram", "TramSQLite", "TramRunner"],
            path: "examples/AsyncTram", swiftSettings: settings),
        .executableTarget(
            name: "LifecycleTram",
            dependencies: [
                "Tram", "TramSQLite", "TramRunner",
                server("ServiceLifecycle", "swift-service-lifecycle"),
                server("UnixSignals", "swift-service-lifecycle"),
                server("Logging", "swift-log"),
            ], path: "examples/LifecycleTram", swiftSettings: settings),

        // Tests mirror sources.
        .target(
            name: "TestSupport", dependencies: ["Tram", "Platform", "CSQLite"],
            path: "Tests/TestSupport",
            swiftSettings: settings),
        .executableTarget(
            name: "LoadTest", dependencies: ["Platform", "TestSupport"],
            path: "Tests/LoadTest", exclude: ["run"], swiftSettings: settings),
        .executableTarget(
            name: "PlatformProbe", dependencies: ["Platform"], path: "Tests/PlatformProbe",
            swiftSettings: settings),
        .executableTarget(
            name: "RelayProbe", dependencies: ["Tram", "TramSQLite", "Platform"],
            path: "Tests/RelayProbe", swiftSettings: settings),
        .target(
            name: "Rental", dependencies: ["Tram", "TramSQLite", "TramWorkbench"],
            path: "Tests/Rental", swiftSettings: settings),
        .executableTarget(
            name: "RentalProgram",
            dependencies: [
                "Rental", "Tram", "TramCommands", "TramWorkbench",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "Tests/RentalProgram", swiftSettings: settings),
        tests("PlatformTests", ["Platform", "CPlatform", "PlatformProbe", "TestSupport"]),
        tests("TramTests", ["Tram", "TramSQLite", "TramTesting", "TestSupport"]),
        tests(
            "TramSQLiteTests",
            ["Tram", "TramSQLite", "TramTesting", "RelayProbe", "Platform", "TestSupport"]),
        tests(
            "TramWorkbenchTests",
            ["TramWorkbench", "Rental", "Tram", "TramSQLite", "Platform", "TestSupport"]),
        tests(
            "TramCommandsTests",
            ["TramCommands", "TramWorkbench", "RentalProgram", "Tram", "TestSupport"]),
        tests(
            "TripsTests",
            [
                "trips", "TramCommands", "TramWorkbench", "Tram", "TramSQLite", "TramTesting",
                "Platform", "TestSupport",
            ]),
        tests("TramRunnerTests", ["TramRunner", "Tram", "TramSQLite", "Platform", "TestSupport"]),
        tests("ContractsTests", ["Contracts", "Tram"]),
        tests("CustomersTests", ["Customers", "Contracts", "Tram", "TramSQLite", "TestSupport"]),
        tests(
            "OrdersTests",
            ["Orders", "Contracts", "Tram", "TramSQLite", "TramTesting", "TestSupport"]),
        tests(
            "OrderHistoryTests",
            ["OrderHistory", "Contracts", "Tram", "TramSQLite", "TestSupport"]),
        tests(
            "CustomersAndOrdersTests",
            [
                "CustomersAndOrders", "TramWorkbench", "Customers", "Orders", "OrderHistory",
                "Contracts", "Tram",
                "TramSQLite", "Platform", "TestSupport",
            ]),
        .executableTarget(
            name: "DepotProbe",
            dependencies: [
                "TramHTTPServer", "TramHTTP", "TramCommands", "TramWorkbench", "Tram", "TramSQLite",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "Tests/DepotProbe", swiftSettings: settings),
        tests(
            "TramHTTPTests",
            [
                "TramHTTP", "DepotProbe", "CustomersAndOrdersHTTP", "TramCLI", "CustomersAndOrders",
                "TramWorkbench", "Tram", "Platform", "TestSupport",
            ]),
        tests(
            "TramHTTPServerTests",
            [
                "TramServe", "TramCLI", "DepotProbe", "TramWorkbench", "Platform", "TestSupport",
            ]),
        tests(
            "TramCLITests",
            [
                "TramCLI", "TramCommands", "TramWorkbench", "CustomersAndOrders",
                "Contracts", "Customers", "Tram", "TramSQLite",
                "Platform", "TestSupport",
            ]),
    ]
)
