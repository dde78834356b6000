/// How many rows are read at a time where there may be many.
package let pageSize = 500
