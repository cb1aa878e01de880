package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var interrupt = os.Interrupt

// bench is one run of the driver.
type bench struct {
	self, dir string // this binary; a directory for configurations and logs
	viaduct   string // the built program
	backend   string // address
	out       io.Writer
	running   []*proxy
	processes []*process
	instances int

	rounds     int
	conns      int
	warm, run  time.Duration
	streamTime time.Duration
	counting   bool
	noCount    string // why instructions are not counted
}

// options are the flags; most of them belong to one role.
type options struct {
	role, addr, path, target string
	only, proxies, sizes     string
	output                   string
	quick                    bool
	rounds, conns, size      int
	warm, run                time.Duration
	rate                     float64
	octets                   int64
	most                     int64
}

func main() {
	runtime.LockOSThread() // children end with the thread that started them
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	cancel()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.BoolVar(&o.quick, "quick", false, "shorter runs, one round, fewer sizes: about a minute")
	f.IntVar(&o.rounds, "rounds", 3, "interleaved rounds; the median counts")
	f.StringVar(&o.only, "only", "proxies,latency,streams,idle", "parts to run")
	f.StringVar(&o.proxies, "proxies", "viaduct,viaduct-all,viaduct-body,nginx,haproxy,reverseproxy,direct", "contenders; haproxy-1 (one thread) is another")
	f.StringVar(&o.sizes, "sizes", "512,1024,5120,10240,102400,512000", "octets of a message")
	f.StringVar(&o.output, "o", "", "write the tables into this Markdown file, between its bench marks if it has them")
	f.DurationVar(&o.warm, "warm", 500*time.Millisecond, "time before each measurement")
	f.DurationVar(&o.run, "run", 2*time.Second, "time of each measurement")
	f.IntVar(&o.conns, "conns", 64, "keep-alive connections")
	f.StringVar(&o.role, "role", "", "internal: load, backend, streams, reverseproxy")
	f.StringVar(&o.addr, "addr", "", "internal: address of a role")
	f.StringVar(&o.path, "path", pathAnswer, "internal: path that the load asks for")
	f.StringVar(&o.target, "target", "", "internal: where the reverse proxy forwards to")
	f.IntVar(&o.size, "size", 1024, "internal: octets of a message of the load")
	f.Float64Var(&o.rate, "rate", 0, "internal: messages per second of the open loop")
	f.Int64Var(&o.octets, "octets", 1<<30, "internal: octets of a stream")
	f.Int64Var(&o.most, "most", 10_000_000, "internal: messages of a load at most")
	return o, f.Parse(args)
}

// run plays the role that the flags ask for.
func run(ctx context.Context, args []string, out *os.File) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	switch o.role {
	case "":
		return drive(ctx, o, out)
	case "backend":
		return serveBackend(ctx, o.addr)
	case "reverseproxy":
		return serveReverseProxy(ctx, o.addr, o.target)
	case "streams":
		return runStreams(ctx, o.addr, o.path, o.conns, o.octets, out)
	case "load":
		return runLoad(ctx, loadOptions{
			addr: o.addr, path: o.path, conns: o.conns, size: o.size, warm: o.warm, run: o.run, rate: o.rate, most: o.most,
		}, out)
	default:
		return fmt.Errorf("unknown role %q", o.role)
	}
}

// totalTime bounds the whole run.
const totalTime = 15 * time.Minute

// drive is the role of the user: it starts everything, measures and reports.
func drive(ctx context.Context, o options, out *os.File) error {
	if runtime.GOOS != "linux" {
		return errors.New("processor times are read from /proc: this program needs Linux")
	}
	ctx, cancel := context.WithTimeout(ctx, totalTime)
	defer cancel()
	b, sizes, err := prepare(ctx, o, out)
	if err != nil {
		return err
	}
	defer b.end()
	only := strings.Split(o.only, ",")
	r := &report{b: b, quick: o.quick}
	if slices.Contains(only, "proxies") || slices.Contains(only, "latency") {
		if err := b.startProxies(ctx, strings.Split(o.proxies, ",")); err != nil {
			return err
		}
	}
	if slices.Contains(only, "proxies") {
		for _, size := range sizes {
			r.add(b.compare(ctx, kilobytes(size), size, 0))
		}
	}
	if slices.Contains(only, "latency") {
		const rate = 4000 // below what every contender can do on two cores
		c := b.compare(ctx, fmt.Sprintf("%s at a fixed rate of %d messages per second", kilobytes(1024), rate), 1024, rate)
		r.latency = c
	}
	b.stopProxies()
	if slices.Contains(only, "idle") {
		i := b.idle(ctx, 2000)
		r.idle = &i
	}
	if slices.Contains(only, "streams") {
		size := int64(1 << 30)
		if o.quick {
			size = 64 << 20
		}
		s := b.streams(ctx, 32, size)
		r.streams = &s
	}
	b.progress("")
	text := r.markdown(ctx)
	if _, err := out.WriteString(text); err != nil {
		return err
	}
	if o.output != "" && ctx.Err() == nil {
		if err := insert(o.output, text); err != nil {
			return err
		}
	}
	return errors.Join(ctx.Err(), r.failure())
}

// prepare makes the directory, starts the back end and reads the flags.
func prepare(ctx context.Context, o options, out *os.File) (*bench, []int, error) {
	b := &bench{out: out, rounds: o.rounds, conns: o.conns, warm: o.warm, run: o.run, streamTime: 6 * time.Minute}
	if o.quick {
		b.rounds, b.run, b.warm, b.streamTime = 1, min(o.run, time.Second), min(o.warm, 200*time.Millisecond), time.Minute
		o.sizes = "1024,102400"
	}
	var sizes []int
	for s := range strings.SplitSeq(o.sizes, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 9_000_000 {
			return nil, nil, fmt.Errorf("size %q: want octets, 1 to 9000000", s)
		}
		sizes = append(sizes, n)
	}
	var err error
	if b.self, err = os.Executable(); err != nil {
		return nil, nil, err
	}
	if b.dir, err = os.MkdirTemp("", "viaduct-bench-"); err != nil {
		return nil, nil, err
	}
	b.counting, b.noCount = canCount(ctx)
	if b.backend, err = freeAddr(ctx); err == nil {
		var p *process
		if p, err = start(ctx, b.dir, "backend", b.self, "-role=backend", "-addr="+b.backend); err == nil {
			b.own(p)
			err = p.listening(ctx, b.backend)
		}
	}
	if err != nil {
		b.end()
		return nil, nil, err
	}
	return b, sizes, nil
}

// own remembers a process for end.
func (b *bench) own(p *process) { b.processes = append(b.processes, p) }

// end kills all that was started and removes the directory.
func (b *bench) end() {
	for _, p := range b.processes {
		p.kill()
	}
	_ = os.RemoveAll(b.dir)
}

func (b *bench) startProxies(ctx context.Context, names []string) error {
	all := proxies()
	for _, name := range names {
		i := slices.IndexFunc(all, func(x *proxy) bool { return x.name == name })
		if i < 0 {
			return fmt.Errorf("unknown proxy %q", name)
		}
		b.progress("starting %s", name)
		if err := all[i].run(ctx, b); err != nil {
			return err
		}
		b.running = append(b.running, all[i])
	}
	return nil
}

func (b *bench) stopProxies() {
	for _, x := range b.running {
		if x.proc != nil {
			x.proc.kill()
		}
	}
}

// progress shows what happens now, on a terminal only.
func (b *bench) progress(format string, args ...any) {
	if info, err := os.Stderr.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return
	}
	fmt.Fprintf(os.Stderr, "\r\x1b[K"+format, args...)
}
