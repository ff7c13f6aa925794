// A plug-in in standard Go (GOOS=wasip1, -buildmode=c-shared): reads and changes headers and bodies, ticks, calls out, and makes garbage
// when it is told to. Its configuration is {"cluster": "name"}.
package main

import (
	"runtime"
	"strconv"
	"strings"
)

var (
	cluster string
	ticks   int
	waiting = map[uint32]uint32{} // call: stream
	kept    [][]byte
)

func main() {} // never runs in a reactor

//go:wasmexport proxy_on_vm_start
func onStart(root, size uint32) uint32 { return 1 }

//go:wasmexport proxy_on_configure
func onConfigure(root, size uint32) uint32 {
	_, rest, _ := strings.Cut(buffer(bufferConfiguration), ":")
	cluster = strings.Trim(rest, " \"}")
	hostSetTick(20)
	log("configured for " + cluster)
	return 1
}

//go:wasmexport proxy_on_tick
func onTick(root uint32) { ticks++ }

//go:wasmexport proxy_on_request_headers
func onRequestHeaders(stream, count, end uint32) uint32 {
	name, _ := header(mapRequestHeaders, "x-name")
	setHeader(mapRequestHeaders, "x-go", strings.ToUpper(name))
	if text, ok := header(mapRequestHeaders, "x-garbage"); ok {
		makeGarbage(text)
	}
	path, ok := header(mapRequestHeaders, "x-call")
	if !ok {
		return actionContinue
	}
	id, ok := get(cluster, path)
	if !ok {
		setHeader(mapRequestHeaders, "x-answer", "not started")
		return actionContinue
	}
	waiting[id] = stream
	return actionPause
}

// makeGarbage allocates mebibytes that nobody needs and collects them.
func makeGarbage(text string) {
	mebibytes, _ := strconv.Atoi(text)
	for range mebibytes {
		kept = append(kept, make([]byte, 1<<20))
		if len(kept) > 8 {
			kept = nil
		}
	}
	kept = nil
	runtime.GC()
}

//go:wasmexport proxy_on_http_call_response
func onCallResponse(root, call, headers, size, trailers uint32) {
	answer := buffer(bufferCallBody)
	stream := waiting[call]
	delete(waiting, call)
	hostSetContext(stream)
	setHeader(mapRequestHeaders, "x-answer", answer)
	hostContinue(0)
}

//go:wasmexport proxy_on_request_body
func onRequestBody(stream, size, end uint32) uint32 {
	if end == 0 {
		return actionPause
	}
	setBuffer(bufferRequestBody, strings.ToUpper(buffer(bufferRequestBody)))
	return actionContinue
}

//go:wasmexport proxy_on_response_headers
func onResponseHeaders(stream, count, end uint32) uint32 {
	removeHeader(mapResponseHeaders, "content-length")
	setHeader(mapResponseHeaders, "x-ticks", strconv.Itoa(ticks))
	return actionContinue
}

//go:wasmexport proxy_on_response_body
func onResponseBody(stream, size, end uint32) uint32 {
	if end == 0 {
		return actionPause
	}
	setBuffer(bufferResponseBody, buffer(bufferResponseBody)+" and go")
	return actionContinue
}
