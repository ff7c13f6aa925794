package main

import (
	"fmt"
	"strings"
)

// headersExample looks at every request header, answers /hello itself, and marks responses.
type headersExample struct{ nothing }

func (headersExample) requestHeaders(stream uint32) uint32 {
	for _, field := range headers(mapRequestHeaders) {
		log(fmt.Sprintf("#%d -> %s: %s", stream, field[0], field[1]))
	}
	if path, _ := header(mapRequestHeaders, ":path"); path == "/hello" {
		reply(200, [][2]string{{"x-from", "stranger"}}, "Hello from a stranger!\n", -1)
		return actionPause
	}
	return actionContinue
}

func (headersExample) responseHeaders(stream uint32) uint32 {
	addHeader(mapResponseHeaders, "x-stranger", "was-here")
	removeHeader(mapResponseHeaders, "server")
	return actionContinue
}

func (headersExample) log(stream uint32) { log(fmt.Sprintf("#%d completed.", stream)) }

// bodyExample holds response bodies and takes out those that mention a secret.
type bodyExample struct{ nothing }

func (bodyExample) responseHeaders(stream uint32) uint32 {
	removeHeader(mapResponseHeaders, "content-length")
	return actionContinue
}

func (bodyExample) responseBody(size uint32, end bool) uint32 {
	if !end {
		return actionPause
	}
	if strings.Contains(buffer(bufferResponseBody), "secret") {
		setBuffer(bufferResponseBody, fmt.Sprintf("A body of %d bytes was taken out.\n", size))
	}
	return actionContinue
}

// configurationExample puts its configuration into a response header.
type configurationExample struct {
	nothing
	text string
}

func (c configurationExample) responseHeaders(stream uint32) uint32 {
	addHeader(mapResponseHeaders, "x-configured", c.text)
	return actionContinue
}

// httpAuth asks a service whether a request may go on: an even first byte lets it, anything else is 403; a call that cannot be made is
// 503. Configuration: {"cluster": "name"}.
type httpAuth struct {
	nothing
	cluster string
	waiting map[uint32]uint32 // call: stream
}

func (a httpAuth) requestHeaders(stream uint32) uint32 {
	id, ok := get(a.cluster, "/bytes/1")
	if !ok {
		reply(503, nil, "Nobody can be asked.\n", -1)
		return actionPause
	}
	a.waiting[id] = stream
	return actionPause
}

func (a httpAuth) callResponse(call uint32) {
	body := buffer(bufferCallBody)
	hostSetContext(a.waiting[call])
	delete(a.waiting, call)
	if body != "" && body[0]%2 == 0 {
		log("Access granted.")
		hostContinue(0)
		return
	}
	log("Access forbidden.")
	reply(403, [][2]string{{"x-auth", "refused"}}, "Access forbidden.\n", -1)
}

func (a httpAuth) responseHeaders(stream uint32) uint32 {
	setHeader(mapResponseHeaders, "x-auth", "asked")
	return actionContinue
}

// grpcAuth asks a gRPC service whether a gRPC request may go on; other requests are let through. Status 0 lets it, anything else is
// ABORTED. Configuration: {"cluster": "name"}.
type grpcAuth struct {
	nothing
	cluster string
	waiting map[uint32]uint32 // call: stream
}

func (a grpcAuth) requestHeaders(stream uint32) uint32 {
	if kind, _ := header(mapRequestHeaders, "content-type"); !strings.HasPrefix(kind, "application/grpc") {
		return actionContinue
	}
	id, ok := grpcAsk(a.cluster, "auth.Auth", "Check", [][2]string{{"x-asked-by", "stranger"}})
	if !ok {
		reply(200, nil, "", 14)
		return actionPause
	}
	a.waiting[id] = stream
	return actionPause
}

func (a grpcAuth) grpcOutcome(call, status uint32) {
	hostSetContext(a.waiting[call])
	delete(a.waiting, call)
	if status == 0 {
		log("Access granted.")
		hostContinue(0)
		return
	}
	log(fmt.Sprintf("Access forbidden: %d.", status))
	reply(200, [][2]string{{"x-auth", "refused"}}, "Aborted by the gateway.", 10)
}
