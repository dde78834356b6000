internal import ArgumentParser

enum ServiceChoice: String, ExpressibleByArgument, CaseIterable {
    case customer, order, history
}
