/// The text as one word of a shell, with a backslash before whatever means something there.
package func shellWord(_ text: String) -> String {
    let plain = Set("/._-+:@%,=")
    return text.map { character in
        guard character.isASCII, !character.isLetter, !character.isNumber,
            !plain.contains(character)
        else { return String(character) }
        return "\\" + String(character)
    }.joined()
}
