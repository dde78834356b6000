"""Checks every message in the outboxes against the AsyncAPI document that `tram schema` prints."""

import json
import subprocess
import sys

import jsonschema


def tram(*arguments):
    output = subprocess.run([sys.argv[1], *arguments, "--json"], capture_output=True, check=True)
    return json.loads(output.stdout)


document = tram("schema")
messages = document["components"]["messages"]
names = {
    (reference.rsplit("/", 1)[1], channel["address"])
    for channel in document["channels"].values()
    for reference in (message["$ref"] for message in channel["messages"].values())
}
seen = set()
for entry in tram("outbox", "list", "--times"):
    message = tram("outbox", "show", entry["message"], "--times")
    [name] = [
        name
        for name, channel in names
        if messages[name]["name"] == message["type"] and channel == message["channel"]
    ]
    for part in ("headers", "payload"):
        # References lead into the whole document.
        schema = {**messages[name][part], "components": document["components"]}
        jsonschema.validate(message[part], schema)
    seen.add(name)

missing = {name for name, _ in names} - seen
assert not missing, f"never seen: {missing}"
print(f"{len(seen)} kinds of messages are what the AsyncAPI document says")
