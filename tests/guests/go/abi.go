// The part of the proxy-wasm ABI (0.2.1) that the guest uses, on the two directives of standard Go and nothing else.
package main

import (
	"encoding/binary"
	"unsafe"
)

const (
	mapRequestHeaders  = 0
	mapResponseHeaders = 2

	bufferRequestBody   = 0
	bufferResponseBody  = 1
	bufferCallBody      = 4
	bufferConfiguration = 7

	actionContinue = 0
	actionPause    = 1

	statusOK = 0
)

//go:wasmimport env proxy_log
func hostLog(level uint32, message unsafe.Pointer, size uint32) uint32

//go:wasmimport env proxy_set_tick_period_milliseconds
func hostSetTick(period uint32) uint32

//go:wasmimport env proxy_get_header_map_value
func hostGetHeader(table uint32, key unsafe.Pointer, keySize uint32, value, size unsafe.Pointer) uint32

//go:wasmimport env proxy_replace_header_map_value
func hostSetHeader(table uint32, key unsafe.Pointer, keySize uint32, value unsafe.Pointer, valueSize uint32) uint32

//go:wasmimport env proxy_remove_header_map_value
func hostRemoveHeader(table uint32, key unsafe.Pointer, keySize uint32) uint32

//go:wasmimport env proxy_get_buffer_bytes
func hostGetBuffer(buffer, start, max uint32, data, size unsafe.Pointer) uint32

//go:wasmimport env proxy_set_buffer_bytes
func hostSetBuffer(buffer, start, size uint32, data unsafe.Pointer, dataSize uint32) uint32

//go:wasmimport env proxy_http_call
func hostCall(upstream unsafe.Pointer, upstreamSize uint32, headers unsafe.Pointer, headersSize uint32, body unsafe.Pointer,
	bodySize uint32, trailers unsafe.Pointer, trailersSize uint32, timeout uint32, id unsafe.Pointer) uint32

//go:wasmimport env proxy_grpc_call
func hostGrpcCall(upstream unsafe.Pointer, upstreamSize uint32, service unsafe.Pointer, serviceSize uint32, method unsafe.Pointer,
	methodSize uint32, metadata unsafe.Pointer, metadataSize uint32, message unsafe.Pointer, messageSize uint32, timeout uint32,
	id unsafe.Pointer) uint32

//go:wasmimport env proxy_get_header_map_pairs
func hostGetHeaders(table uint32, pairs, size unsafe.Pointer) uint32

//go:wasmimport env proxy_add_header_map_value
func hostAddHeader(table uint32, key unsafe.Pointer, keySize uint32, value unsafe.Pointer, valueSize uint32) uint32

//go:wasmimport env proxy_send_local_response
func hostReply(code uint32, details unsafe.Pointer, detailsSize uint32, body unsafe.Pointer, bodySize uint32, headers unsafe.Pointer,
	headersSize uint32, grpcStatus int32) uint32

//go:wasmimport env proxy_set_effective_context
func hostSetContext(context uint32) uint32

//go:wasmimport env proxy_continue_stream
func hostContinue(direction uint32) uint32

// What the host has asked memory for and not been read yet. Keeps the collector away from it.
var given = map[uint32][]byte{}

//go:wasmexport proxy_on_memory_allocate
func allocate(size uint32) uint32 {
	bytes := make([]byte, size)
	address := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(bytes))))
	given[address] = bytes
	return address
}

//go:wasmexport proxy_abi_version_0_2_1
func abiVersion() {}

func pointer(text string) unsafe.Pointer { return unsafe.Pointer(unsafe.StringData(text)) }

// take gives what the host has put at address and forgets it.
func take(address, size uint32) string {
	bytes := given[address]
	delete(given, address)
	return string(bytes[:min(size, uint32(len(bytes)))])
}

func log(text string) { hostLog(2, pointer(text), uint32(len(text))) }

func header(table uint32, name string) (string, bool) {
	var address, size uint32
	if hostGetHeader(table, pointer(name), uint32(len(name)), unsafe.Pointer(&address), unsafe.Pointer(&size)) != statusOK {
		return "", false
	}
	return take(address, size), true
}

func setHeader(table uint32, name, value string) {
	hostSetHeader(table, pointer(name), uint32(len(name)), pointer(value), uint32(len(value)))
}

func removeHeader(table uint32, name string) {
	hostRemoveHeader(table, pointer(name), uint32(len(name)))
}

func buffer(id uint32) string {
	var address, size uint32
	if hostGetBuffer(id, 0, 1<<30, unsafe.Pointer(&address), unsafe.Pointer(&size)) != statusOK {
		return ""
	}
	return take(address, size)
}

func setBuffer(id uint32, text string) { hostSetBuffer(id, 0, 1<<31, pointer(text), uint32(len(text))) }

// serialised writes fields as the ABI's map.
func serialised(fields [][2]string) []byte {
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(fields)))
	for _, field := range fields {
		head = binary.LittleEndian.AppendUint32(head, uint32(len(field[0])))
		head = binary.LittleEndian.AppendUint32(head, uint32(len(field[1])))
	}
	for _, field := range fields {
		head = append(append(head, field[0]...), 0)
		head = append(append(head, field[1]...), 0)
	}
	return head
}

// headers gives all fields of a map, in order.
func headers(table uint32) (fields [][2]string) {
	var address, size uint32
	if hostGetHeaders(table, unsafe.Pointer(&address), unsafe.Pointer(&size)) != statusOK || size == 0 {
		return nil
	}
	data := []byte(take(address, size))
	count := int(binary.LittleEndian.Uint32(data))
	at := 4 + 8*count
	for i := range count {
		name := int(binary.LittleEndian.Uint32(data[4+8*i:]))
		value := int(binary.LittleEndian.Uint32(data[8+8*i:]))
		fields = append(fields, [2]string{string(data[at : at+name]), string(data[at+name+1 : at+name+1+value])})
		at += name + value + 2
	}
	return fields
}

func addHeader(table uint32, name, value string) {
	hostAddHeader(table, pointer(name), uint32(len(name)), pointer(value), uint32(len(value)))
}

// reply answers the request here; grpcStatus -1 is none.
func reply(code uint32, fields [][2]string, body string, grpcStatus int32) {
	head := serialised(fields)
	hostReply(code, nil, 0, pointer(body), uint32(len(body)), unsafe.Pointer(unsafe.SliceData(head)), uint32(len(head)), grpcStatus)
}

// grpcAsk calls a method with metadata and no message; the outcome comes with the returned id.
func grpcAsk(cluster, service, method string, metadata [][2]string) (uint32, bool) {
	head := serialised(metadata)
	var id uint32
	status := hostGrpcCall(pointer(cluster), uint32(len(cluster)), pointer(service), uint32(len(service)), pointer(method),
		uint32(len(method)), unsafe.Pointer(unsafe.SliceData(head)), uint32(len(head)), nil, 0, 1000, unsafe.Pointer(&id))
	return id, status == statusOK
}

// get asks a cluster for a path; the answer comes with the returned id.
func get(cluster, path string) (uint32, bool) {
	head := serialised([][2]string{{":method", "GET"}, {":path", path}, {":authority", "go.test"}})
	var id uint32
	status := hostCall(pointer(cluster), uint32(len(cluster)), unsafe.Pointer(unsafe.SliceData(head)), uint32(len(head)), nil, 0, nil, 0,
		1000, unsafe.Pointer(&id))
	return id, status == statusOK
}
