/// Reads a list page by page, so that no transaction stays open while it is printed.
public func collectPages<Element>(
    _ page: (_ after: Int) throws -> [Element], id: (Element) -> Int
) throws -> [Element] {
    var elements: [Element] = []
    while true {
        let next = try page(elements.last.map(id) ?? 0)
        if next.isEmpty { return elements }
        elements += next
    }
}
