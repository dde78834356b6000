package import Tram

/// 2020-01-01T12:04:55.612Z, for stores whose time does not pass.
package func fixedClock() -> Timestamp {
    Timestamp(milliseconds: 1_577_880_295_612)
}
