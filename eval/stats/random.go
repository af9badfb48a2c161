package stats

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// chunkDraws is how many draws share one random stream and one pass over the
// data, at most; few draws make four chunks. It is part of the meaning of a seed.
const chunkDraws = 1250

// stream is the random stream of one chunk. PCG's output is fixed by its
// definition, on every machine and Go version.
func stream(seed uint64, chunk int) *rand.PCG {
	return rand.NewPCG(seed, 0x9e3779b97f4a7c15*uint64(chunk+1))
}

// eachChunk calls work for every chunk of the draws, on all processors; lo and
// hi bound the draws of the chunk.
func eachChunk(draws int, work func(chunk, lo, hi int)) {
	size := min(chunkDraws, (draws+3)/4)
	chunks := (draws + size - 1) / size
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(chunks, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for {
				c := int(next.Add(1)) - 1
				if c >= chunks {
					return
				}
				work(c, c*size, min(draws, (c+1)*size))
			}
		})
	}
	wg.Wait()
}

// parallel calls work(0..n-1) on all processors.
func parallel(n int, work func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wg.Wait()
}

// random32 hands out 32 random bits at a time.
type random32 struct {
	source *rand.PCG
	held   uint64
	full   bool
}

// below gives a number in [0,n), each with the same probability up to n/2^32.
func (r *random32) below(n uint32) uint32 {
	bits := r.held
	if r.full {
		bits >>= 32
	} else {
		r.held = r.source.Uint64()
		bits = r.held & (1<<32 - 1)
	}
	r.full = !r.full
	return uint32((bits & (1<<32 - 1)) * uint64(n) >> 32)
}
