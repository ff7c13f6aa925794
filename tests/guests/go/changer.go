package main

import (
	"runtime"
	"strconv"
	"strings"
)

// changer reads and changes headers and bodies, ticks, calls out, and makes garbage when it is told to. Its configuration is
// {"cluster": "name"}.
type changer struct {
	nothing
	cluster string
	ticks   int
	waiting map[uint32]uint32 // call: stream
	kept    [][]byte
}

func newChanger(cluster string) *changer {
	hostSetTick(20)
	log("configured for " + cluster)
	return &changer{cluster: cluster, waiting: map[uint32]uint32{}}
}

func (c *changer) tick() { c.ticks++ }

func (c *changer) requestHeaders(stream uint32) uint32 {
	name, _ := header(mapRequestHeaders, "x-name")
	setHeader(mapRequestHeaders, "x-go", strings.ToUpper(name))
	if text, ok := header(mapRequestHeaders, "x-garbage"); ok {
		c.makeGarbage(text)
	}
	path, ok := header(mapRequestHeaders, "x-call")
	if !ok {
		return actionContinue
	}
	id, ok := get(c.cluster, path)
	if !ok {
		setHeader(mapRequestHeaders, "x-answer", "not started")
		return actionContinue
	}
	c.waiting[id] = stream
	return actionPause
}

// makeGarbage allocates mebibytes that nobody needs and collects them.
func (c *changer) makeGarbage(text string) {
	mebibytes, _ := strconv.Atoi(text)
	for range mebibytes {
		c.kept = append(c.kept, make([]byte, 1<<20))
		if len(c.kept) > 8 {
			c.kept = nil
		}
	}
	c.kept = nil
	runtime.GC()
}

func (c *changer) callResponse(call uint32) {
	answer := buffer(bufferCallBody)
	stream := c.waiting[call]
	delete(c.waiting, call)
	hostSetContext(stream)
	setHeader(mapRequestHeaders, "x-answer", answer)
	hostContinue(0)
}

func (c *changer) requestBody(end bool) uint32 {
	if !end {
		return actionPause
	}
	setBuffer(bufferRequestBody, strings.ToUpper(buffer(bufferRequestBody)))
	return actionContinue
}

func (c *changer) responseHeaders(stream uint32) uint32 {
	removeHeader(mapResponseHeaders, "content-length")
	setHeader(mapResponseHeaders, "x-ticks", strconv.Itoa(c.ticks))
	return actionContinue
}

func (c *changer) responseBody(size uint32, end bool) uint32 {
	if !end {
		return actionPause
	}
	setBuffer(bufferResponseBody, buffer(bufferResponseBody)+" and go")
	return actionContinue
}
