/// The version of the program, in all its parts.
package enum Version {
    package static let current = "0.1.0"
}
