internal import CSQLite

/// Whether the path lies on a network file system.
///
/// There neither a write-ahead log nor `flock` can be trusted: two machines do not share the memory
/// that they need, and a store would be damaged. Only Linux is asked; elsewhere this is false.
func isOnNetworkFileSystem(_ path: String) -> Bool {
    // NFS, SMB, CIFS, SMB2, AFS, Ceph, 9P: the magic numbers of statfs(2).
    let network: Set<UInt32> = [
        0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x5346_414F, 0x00C3_6400, 0x0102_1997,
    ]
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    return network.contains(tram_file_system_type(directory))
}
