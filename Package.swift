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
    .target(name: name, dependencies: ["Tram", "Contracts"], swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "tram",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Tram", targets: ["Tram"]),
        .library(name: "TramSQLite", targets: ["TramSQLite"]),
        .library(name: "TramTesting", targets: ["TramTesting"]),
        .executable(name: "tram", targets: ["TramCLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The library.
        .target(name: "Tram", swiftSettings: settings),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "Platform", swiftSettings: settings),
        .target(
            name: "TramSQLite", dependencies: ["Tram", "Platform", "CSQLite"],
            swiftSettings: settings),

        .target(
            name: "TramTesting", dependencies: ["Tram", "TramSQLite"], swiftSettings: settings),

        // The example: three services that share nothing but contracts, and their wiring.
        .target(name: "Contracts", dependencies: ["Tram"], swiftSettings: settings),
        service("Customers"),
        service("Orders"),
        service("OrderHistory"),
        .target(
            name: "CustomersAndOrders",
            dependencies: [
                "Tram", "TramSQLite", "Platform", "Contracts", "Customers", "Orders",
                "OrderHistory",
            ], swiftSettings: settings),

        // What the shell and HTTP say in the same words.
        .target(
            name: "Presentation",
            dependencies: [
                "Tram", "Platform", "Contracts", "Customers", "Orders", "OrderHistory",
                "CustomersAndOrders",
            ], swiftSettings: settings),

        // The command line.
        .executableTarget(
            name: "TramCLI",
            dependencies: [
                "Tram", "TramSQLite", "Platform", "Contracts", "Customers", "Orders",
                "OrderHistory", "CustomersAndOrders", "Presentation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: settings),
        .executableTarget(
            name: "HelloTram", dependencies: ["Tram", "TramSQLite"], path: "examples/HelloTram",
            swiftSettings: settings),
        .executableTarget(
            name: "BookTrip", dependencies: ["Tram", "TramSQLite"], path: "examples/BookTrip",
            swiftSettings: settings),

        // Tests mirror sources.
        .target(
            name: "TestSupport", dependencies: ["Tram", "Platform", "CSQLite"],
            path: "Tests/TestSupport",
            swiftSettings: settings),
        tests("PlatformTests", ["Platform", "TestSupport"]),
        tests("TramTests", ["Tram", "TramSQLite", "TramTesting", "TestSupport"]),
        tests("TramSQLiteTests", ["Tram", "TramSQLite", "Platform", "TestSupport"]),
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
                "CustomersAndOrders", "Customers", "Orders", "OrderHistory", "Contracts", "Tram",
                "TramSQLite", "Platform", "TestSupport",
            ]),
        tests("PresentationTests", ["Presentation", "Contracts", "Tram"]),
        tests(
            "TramCLITests",
            [
                "TramCLI", "Presentation", "Contracts", "Customers", "Tram", "TramSQLite",
                "Platform", "TestSupport",
            ]),
    ]
)
