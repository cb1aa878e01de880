# SOAP::Lite as a client: reads one job as JSON from standard input, writes one
# result. ../README.md describes both.
use strict;
use warnings;
use utf8;
use JSON::PP ();
use SOAP::Lite;

my $namespace = 'http://viaduct.example/interop';

# Order of the arguments; SOAP::Lite reads no document/literal WSDL.
my %arguments = (Echo => ['text'], Add => ['a', 'b'], Fail => ['reason'], Notify => ['key'], Blob => ['data']);

# Writes a text without xsi:type, which document/literal has no use for.
sub SOAP::XMLSchema2001::Serializer::as_plain {
    my (undef, $value, $name, $type, $attr) = @_;
    return [$name, $attr, SOAP::Utils::encode_data($value)];
}

# detail_of gives the text of a fault's detail.
sub detail_of {
    my ($som) = @_;
    my $detail = $som->faultdetail // $som->valueof('//Fault/Detail');
    return undef unless defined $detail;
    return "$detail" unless ref $detail eq 'HASH';
    my $one = $detail->{FailDetail} // {};
    return join ' ', $one->{reason} // '', $one->{number} // '';
}

# call_once calls once and tells what a program of SOAP::Lite's user would see.
sub call_once {
    my ($lite, $one) = @_;
    my @args = map { SOAP::Data->name($_)->prefix('i')->value($one->{args}{$_})->type('plain') } @{ $arguments{ $one->{operation} } };
    my $som = eval { $lite->call(SOAP::Data->name($one->{operation})->prefix('i'), @args) };
    return { error => substr($@, 0, 300) } if $@;
    # A status of success without a message: the answer to a one-way message.
    return { value => undef } if !ref $som;
    if ($som->fault) {
        my $code   = $som->faultcode   // $som->valueof('//Fault/Code/Value');
        my $string = $som->faultstring // $som->valueof('//Fault/Reason/Text');
        return { fault => { code => $code, string => $string, detail => detail_of($som) } };
    }
    return { value => $som->valueof('//result') };
}

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $job = $json->decode(do { local $/; <STDIN> });
delete @ENV{qw(http_proxy HTTP_PROXY)};    # nothing between the test and itself
SOAP::Lite->soapversion($job->{version});
my @results;
for my $one (@{ $job->{calls} }) {
    my $lite = SOAP::Lite->new->proxy($one->{url} || $job->{url}, timeout => 60, keep_alive => 1);
    $lite->ns($namespace, 'i')->autotype(0)->on_action(sub { qq("$namespace/$one->{operation}") });
    $lite->serializer->encodingStyle('');    # document/literal has none
    $lite->on_fault(sub {
        my (undef, $answer) = @_;
        return $answer if ref $answer;
        die $lite->transport->status, "\n" unless $lite->transport->is_success;
        return;
    });
    my $first = call_once($lite, $one);
    my $same = 1;
    for (2 .. $one->{repeat} || 1) {
        $same++ if $json->encode(call_once($lite, $one)) eq $json->encode($first);
    }
    push @results, { %$first, same => $same };
}
print $json->encode({ results => \@results });
