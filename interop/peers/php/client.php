<?php
// PHP's SoapClient as a client: reads one job as JSON from standard input,
// writes one result. interop/peers/README.md describes both.

declare(strict_types=1);

/** Calls once and tells what a program of SoapClient's user would see. */
function call_once(SoapClient $client, array $one): array
{
    try {
        $reply = $client->__soapCall($one['operation'], [$one['args']]);
        return ['value' => $reply->result ?? null];
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
$client = new SoapClient($job['wsdl'], [
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
    $first = call_once($client, $one);
    $same = 1;
    for ($i = 1; $i < ($one['repeat'] ?? 1); $i++) {
        $same += call_once($client, $one) == $first ? 1 : 0;
    }
    $results[] = $first + ['same' => $same];
}
echo json_encode(['results' => $results], JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION);
