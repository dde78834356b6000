"""To JSON Schema 4.0 is an integer, too. In a path an integer is written as 4."""

import schemathesis


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in (path_parameters or {}).items()
    }
