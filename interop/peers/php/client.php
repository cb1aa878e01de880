<?php
// PHP's SoapClient as a client: reads one job as JSON from standard input,
// writes one result. interop/peers/README.md describes both.

declare(strict_types=1);

const SPACE = 'http://viaduct.example/interop';

/** Sends one call. Without a WSDL its arguments are parameters, its answer is a value. */
function send(SoapClient $client, array $one, bool $raw): mixed
{
    if (!$raw) {
        return $client->__soapCall($one['operation'], [$one['args']])->result ?? null;
    }
    $args = [];
    foreach ($one['args'] as $name => $value) {
        $args[] = new SoapParam($value, $name);
    }
    return $client->__soapCall($one['operation'], $args, ['soapaction' => SPACE . '/' . $one['operation']]);
}

/** Calls once and tells what a program of SoapClient's user would see. */
function call_once(SoapClient $client, array $one, bool $raw): array
{
    try {
        return ['value' => send($client, $one, $raw)];
    } catch (SoapFault $fault) {
        if ($fault->faultcode === 'HTTP' || $fault->faultcode === 'WSDL') {
            return ['error' => $fault->faultcode . ': ' . $fault->faultstring];
        }
        $detail = isset($fault->detail) ? json_encode($fault->detail, JSON_THROW_ON_ERROR) : null;
        return ['fault' => ['code' => $fault->faultcode, 'string' => $fault->faultstring, 'detail' => $detail]];
    }
}

ini_set('default_socket_timeout', '60');
$job = json_decode(stream_get_contents(STDIN), true, 64, JSON_THROW_ON_ERROR);
$raw = $job['raw'] ?? false;
$client = new SoapClient($raw ? null : $job['wsdl'], ($raw ? ['uri' => SPACE] : []) + [
    'soap_version' => $job['version'] === '1.2' ? SOAP_1_2 : SOAP_1_1,
    'location' => $job['url'],
    'cache_wsdl' => WSDL_CACHE_NONE,
    'exceptions' => true,
    'keep_alive' => true,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);

$results = [];
foreach ($job['calls'] as $one) {
    $client->__setLocation($one['url'] ?? $job['url']);
    $first = call_once($client, $one, $raw);
    $same = 1;
    for ($i = 1; $i < ($one['repeat'] ?? 1); $i++) {
        $same += call_once($client, $one, $raw) == $first ? 1 : 0;
    }
    $results[] = $first + ['same' => $same];
}
echo json_encode(['results' => $results], JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION);
