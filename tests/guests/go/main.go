// Plug-ins in standard Go (GOOS=wasip1, -buildmode=c-shared), one of which the configuration chooses by {"example": "name"}; the default
// is changer.go. The others are the five small plug-ins that strangers write first.
package main

import "encoding/json"

// A plugin gets the callbacks of all streams; each example implements those it needs.
type plugin interface {
	requestHeaders(stream uint32) uint32
	requestBody(end bool) uint32
	responseHeaders(stream uint32) uint32
	responseBody(size uint32, end bool) uint32
	callResponse(call uint32)
	grpcOutcome(call, status uint32)
	tick()
	log(stream uint32)
}

// nothing lets everything pass.
type nothing struct{}

func (nothing) requestHeaders(uint32) uint32     { return actionContinue }
func (nothing) requestBody(bool) uint32          { return actionContinue }
func (nothing) responseHeaders(uint32) uint32    { return actionContinue }
func (nothing) responseBody(uint32, bool) uint32 { return actionContinue }
func (nothing) callResponse(uint32)              {}
func (nothing) grpcOutcome(uint32, uint32)       {}
func (nothing) tick()                            {}
func (nothing) log(uint32)                       {}

type configuration struct {
	Example string `json:"example"`
	Cluster string `json:"cluster"`
}

var current plugin = nothing{}

func main() {} // never runs in a reactor

//go:wasmexport proxy_on_vm_start
func onStart(root, size uint32) uint32 { return 1 }

//go:wasmexport proxy_on_configure
func onConfigure(root, size uint32) uint32 {
	text := buffer(bufferConfiguration)
	var config configuration
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		log("the configuration is no JSON: " + err.Error())
		return 0
	}
	switch config.Example {
	case "headers":
		current = headersExample{}
	case "body":
		current = bodyExample{}
	case "configuration":
		current = configurationExample{text: text}
	case "http-auth":
		current = httpAuth{cluster: config.Cluster, waiting: map[uint32]uint32{}}
	case "grpc-auth":
		current = grpcAuth{cluster: config.Cluster, waiting: map[uint32]uint32{}}
	default:
		current = newChanger(config.Cluster)
	}
	return 1
}

//go:wasmexport proxy_on_tick
func onTick(root uint32) { current.tick() }

//go:wasmexport proxy_on_request_headers
func onRequestHeaders(stream, count, end uint32) uint32 { return current.requestHeaders(stream) }

//go:wasmexport proxy_on_request_body
func onRequestBody(stream, size, end uint32) uint32 { return current.requestBody(end != 0) }

//go:wasmexport proxy_on_response_headers
func onResponseHeaders(stream, count, end uint32) uint32 { return current.responseHeaders(stream) }

//go:wasmexport proxy_on_response_body
func onResponseBody(stream, size, end uint32) uint32 { return current.responseBody(size, end != 0) }

//go:wasmexport proxy_on_http_call_response
func onCallResponse(root, call, headers, size, trailers uint32) { current.callResponse(call) }

//go:wasmexport proxy_on_grpc_receive
func onGrpcReceive(root, call, size uint32) { current.grpcOutcome(call, 0) }

//go:wasmexport proxy_on_grpc_close
func onGrpcClose(root, call, status uint32) { current.grpcOutcome(call, status) }

//go:wasmexport proxy_on_log
func onLog(stream uint32) { current.log(stream) }
