/// How many rows are read at a time where there may be many.
public let pageSize = 500
