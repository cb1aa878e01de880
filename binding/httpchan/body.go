package httpchan

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// bodyReader counts the octets of a body and remembers how it ended.
type bodyReader struct {
	r   io.Reader
	n   int64
	err error
}

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	if err != nil {
		b.err = err
	}
	return n, err
}

// flushing sends what it has after each write, so that a streamed answer does
// not wait in a buffer for its next part.
type flushing struct{ http.ResponseWriter }

func (f *flushing) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	if err == nil {
		err = http.NewResponseController(f.ResponseWriter).Flush()
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
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return in, nil
	case "gzip", "x-gzip", "deflate":
		in.Body = &inflater{coding: coding, src: &bodyReader{r: in.Body}}
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
	if err != nil && err != io.EOF { //nolint:errorlint // readers return io.EOF itself
		return in, err
	}
	in.Body, in.Size = &start, n
	return in, nil
}

// inflater opens its decompressor at the first read, because that reads.
type inflater struct {
	coding string
	src    *bodyReader
	out    io.Reader
	n      int64
}

func (i *inflater) Read(p []byte) (int, error) {
	if i.out == nil {
		if err := i.open(); err != nil {
			return 0, err
		}
	}
	n, err := i.out.Read(p)
	i.n += int64(n)
	if i.n > freeOutput && i.n > maxRatio*i.src.n {
		return n, refusal.New(refusal.SizeMessage, -1, "compressed more than 200 times")
	}
	if err != nil && err != io.EOF { //nolint:errorlint // readers return io.EOF itself
		if i.src.err != nil && i.src.err != io.EOF { //nolint:errorlint // likewise
			return n, i.src.err
		}
		err = refusal.Newf(refusal.XMLEncoding, -1, "content coding %s: %w", i.coding, err)
	}
	return n, err
}

func (i *inflater) open() error {
	br := bufio.NewReader(i.src)
	if strings.EqualFold(i.coding, "deflate") {
		return i.openDeflate(br)
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		return refusal.Newf(refusal.XMLEncoding, -1, "content coding gzip: %w", err)
	}
	z.Multistream(false)
	i.out = z
	return nil
}

// openDeflate accepts the zlib format of RFC 9110, 8.4.1.2 and the raw one that
// WCF writes.
func (i *inflater) openDeflate(br *bufio.Reader) error {
	start, err := br.Peek(2)
	if err == nil && start[0]&0x0F == 8 && (uint(start[0])<<8|uint(start[1]))%31 == 0 {
		z, err := zlib.NewReader(br)
		if err != nil {
			return refusal.Newf(refusal.XMLEncoding, -1, "content coding deflate: %w", err)
		}
		i.out = z
		return nil
	}
	i.out = flate.NewReader(br)
	return nil
}
