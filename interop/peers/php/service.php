<?php
// The sample service on PHP's SoapServer, behind PHP's own web server:
//
//   VIADUCT_WSDL=interop.wsdl VIADUCT_COUNTS=FOLDER php -S 127.0.0.1:PORT service.php
//
// /basic speaks SOAP 1.1, /soap12 SOAP 1.2, without addressing. Each request
// is a run of this file, so that counts live in a folder: one octet per call.

declare(strict_types=1);

class Sample
{
    public function __construct(private bool $soap12)
    {
    }

    public function Echo(object $in): array
    {
        note($in->text);
        return ['result' => $in->text];
    }

    public function Add(object $in): array
    {
        return ['result' => $in->a + $in->b];
    }

    public function Fail(object $in): never
    {
        note($in->reason);
        $detail = (object) ['reason' => $in->reason, 'number' => 42];
        throw new SoapFault($this->soap12 ? ['http://www.w3.org/2003/05/soap-envelope', 'Sender'] : 'Client', 'refused: ' . $in->reason, null, $detail, 'FailDetail');
    }

    public function Notify(object $in): void
    {
        note($in->key);
    }

    public function Blob(object $in): array
    {
        return ['result' => $in->data];
    }

    public function Count(object $in): array
    {
        $size = @filesize(counter($in->key));
        return ['result' => $size === false ? 0 : $size];
    }
}

function counter(string $key): string
{
    return getenv('VIADUCT_COUNTS') . '/' . hash('sha256', $key);
}

function note(string $key): void
{
    file_put_contents(counter($key), '.', FILE_APPEND | LOCK_EX);
}

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path !== '/basic' && $path !== '/soap12') {
    http_response_code(404);
    exit;
}
$soap12 = $path === '/soap12';
// SoapServer takes both versions wherever it listens; this does not.
$type = strtolower(trim(explode(';', $_SERVER['CONTENT_TYPE'] ?? '')[0]));
$envelope = $soap12 ? 'http://www.w3.org/2003/05/soap-envelope' : 'http://schemas.xmlsoap.org/soap/envelope/';
if ($type !== ($soap12 ? 'application/soap+xml' : 'text/xml') || !str_contains(file_get_contents('php://input'), $envelope)) {
    http_response_code(415);
    exit;
}
$server = new SoapServer(getenv('VIADUCT_WSDL'), [
    'soap_version' => $soap12 ? SOAP_1_2 : SOAP_1_1,
    'cache_wsdl' => WSDL_CACHE_NONE,
]);
$server->setObject(new Sample($soap12));
$server->handle();
