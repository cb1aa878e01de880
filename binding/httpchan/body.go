package httpchan

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"strings"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// bodyReader counts the octets of a body and remembers how it ended.
type bodyReader struct {
	r     io.Reader
	lane  *lane
	count bool // the lane counts here, not where the connection is read
	n     int64
	err   error
}

func (b *bodyReader) Read(p []byte) (int, error) {
	b.lane.waiting.Store(true)
	n, err := b.r.Read(p)
	b.lane.waiting.Store(false)
	b.n += int64(n)
	if b.count {
		b.lane.octets.Add(int64(n))
	}
	if err != nil {
		b.err = err
	}
	return n, err
}

// Limits of decompression (threats T-HTTP-12): beyond the first MiB the output
// may be at most 200 times the input.
const (
	freeOutput = 1 << 20
	maxRatio   = 200
)

// inflate undoes one content coding (wire formats 10.8). The size of the
// message is unknown then.
func inflate(in binding.Arriving, coding string) (binding.Arriving, error) {
	switch coding = strings.ToLower(strings.TrimSpace(coding)); coding {
	case "", "identity":
		return in, nil
	case "gzip", "x-gzip", "deflate":
		in.Body = &inflater{coding: coding, src: tally{r: in.Body}}
		in.Size = -1
		return in, nil
	default:
		return in, refusal.Newf(refusal.HTTPContentType, -1, "content coding %q", coding)
	}
}

// mostAhead bounds what bounded reads before anything of a message is judged.
const mostAhead = 64 << 10

// bounded reads ahead in a compressed message so that one that is too long is
// refused for that, whatever it holds (threats T-HTTP-12). Where the limit is
// higher than what is read ahead, the decoder finds out.
func bounded(in binding.Arriving, limit int64) (binding.Arriving, error) {
	if limit <= 0 || limit > mostAhead {
		return in, nil
	}
	var start bytes.Buffer
	n, err := io.CopyN(&start, in.Body, limit+1)
	if n > limit {
		return in, refusal.Newf(refusal.SizeMessage, n, "longer than %d octets when decompressed", limit)
	}
	if err != nil && err != io.EOF {
		return in, err
	}
	in.Body, in.Size = &start, n
	return in, nil
}

// tally counts the octets of a reader and remembers how it ended.
type tally struct {
	r   io.Reader
	n   int64
	err error
}

func (t *tally) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.n += int64(n)
	if err != nil {
		t.err = err
	}
	return n, err
}

// inflater opens its decompressor at the first read, because that reads. It
// reads its source to the end, and refuses octets behind the compressed ones.
type inflater struct {
	coding string
	src    tally
	br     *bufio.Reader
	out    io.Reader
	n      int64
}

func (i *inflater) Read(p []byte) (int, error) {
	if i.out == nil {
		if err := i.open(); err != nil {
			i.out = nil // may be a pointer to nothing
			return 0, err
		}
	}
	n, err := i.out.Read(p)
	i.n += int64(n)
	if i.n > freeOutput && i.n > maxRatio*i.src.n {
		return n, refusal.New(refusal.SizeMessage, -1, "compressed more than 200 times")
	}
	switch {
	case err == nil:
		return n, nil
	case err != io.EOF:
		return n, i.wrap(err)
	}
	if _, err := i.br.ReadByte(); err == nil {
		return n, refusal.Newf(refusal.XMLEncoding, -1, "octets behind the end of content coding %s", i.coding)
	}
	if e := i.src.err; e != io.EOF {
		return n, e
	}
	return n, io.EOF
}

// wrap tells a source that failed from octets that are not of the coding.
func (i *inflater) wrap(err error) error {
	if e := i.src.err; e != nil && e != io.EOF {
		return e
	}
	return refusal.Newf(refusal.XMLEncoding, -1, "content coding %s: %w", i.coding, err)
}

// open accepts, as deflate, the zlib format of RFC 9110, 8.4.1.2 and the raw one
// that WCF writes.
func (i *inflater) open() error {
	i.br = bufio.NewReader(&i.src)
	var err error
	if i.coding != "deflate" {
		i.out, err = gzip.NewReader(i.br)
	} else if start, _ := i.br.Peek(2); len(start) == 2 && start[0]&0x0F == 8 && (uint(start[0])<<8|uint(start[1]))%31 == 0 {
		i.out, err = zlib.NewReader(i.br)
	} else {
		i.out = flate.NewReader(i.br)
	}
	if err != nil {
		return i.wrap(err)
	}
	return nil
}
