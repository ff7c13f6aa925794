module wasmgate.test/guest

go 1.24
