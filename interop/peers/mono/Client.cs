// Mono's WCF as a client: reads one job as JSON from standard input, writes one
// result. ../README.md describes both.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.Xml;

[DataContract]
public class Args
{
    [DataMember] public string text, reason, key, data;
    [DataMember] public double a, b;
}

[DataContract]
public class Call
{
    [DataMember] public string operation, url;
    [DataMember] public Args args;
    [DataMember] public int repeat;
}

[DataContract]
public class Job
{
    [DataMember] public string url, version, addressing;
    [DataMember] public Call[] calls;
}

[DataContract]
public class FaultSeen
{
    [DataMember] public string[] code;
    [DataMember] public string @string, detail;
}

[DataContract]
public class Result
{
    [DataMember(EmitDefaultValue = false)] public string value, error;
    [DataMember(EmitDefaultValue = false)] public FaultSeen fault;
    [DataMember] public int same;

    public bool Equals(Result other)
    {
        return value == other.value && error == other.error && (fault == null) == (other.fault == null)
            && (fault == null || fault.@string == other.fault.@string && fault.detail == other.fault.detail);
    }
}

static class Program
{
    static bool august; // the version is WS-Addressing, August 2004

    // Addressed adds the headers that WS-Addressing requires and Mono leaves out
    // in the version of August 2004.
    static OperationContextScope Addressed(ISample sample)
    {
        if (!august)
            return null;
        var channel = (IContextChannel)sample;
        var scope = new OperationContextScope(channel);
        MessageHeaders headers = OperationContext.Current.OutgoingMessageHeaders;
        headers.To = channel.RemoteAddress.Uri;
        headers.MessageId = new UniqueId();
        // EndpointAddress.AnonymousUri is written as it is, whatever the version.
        headers.ReplyTo = new EndpointAddress("http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous");
        return scope;
    }

    static string Name(Job job)
    {
        switch (job.version + " " + job.addressing) {
        case "1.1 ":
            return "basic";
        case "1.2 ":
            return "soap12";
        case "1.1 1.0":
            return "addr11";
        case "1.2 1.0":
            return "ws";
        case "1.1 2004":
            return "aug11";
        case "1.2 2004":
            return "aug12";
        }
        throw new ArgumentException("no such version");
    }

    static string Send(ISample sample, Call call)
    {
        switch (call.operation) {
        case "Echo":
            return sample.Echo(call.args.text);
        case "Add":
            return XmlConvert.ToString(sample.Add(call.args.a, call.args.b));
        case "Fail":
            return sample.Fail(call.args.reason);
        case "Notify":
            sample.Notify(call.args.key);
            return null;
        case "Blob":
            return sample.Blob(call.args.data);
        }
        throw new ArgumentException("no operation " + call.operation);
    }

    static FaultSeen Seen(FaultException e)
    {
        var code = new List<string>();
        for (FaultCode c = e.Code; c != null; c = c.SubCode)
            code.Add(c.Name);
        var seen = new FaultSeen { code = code.ToArray(), @string = e.Reason.GetMatchingTranslation().Text };
        MessageFault fault = e.CreateMessageFault();
        if (fault.HasDetail) {
            // Detail of a declared type has become an object already.
            var typed = e as FaultException<FailDetail>;
            seen.detail = typed != null ? typed.Detail.reason + " " + typed.Detail.number : Raw(fault);
        }
        return seen;
    }

    static string Raw(MessageFault fault)
    {
        using (XmlDictionaryReader r = fault.GetReaderAtDetailContents())
            return r.ReadOuterXml();
    }

    // Once calls once and tells what a program of WCF's user would see.
    static Result Once(ISample sample, Call call)
    {
        try {
            using (Addressed(sample))
                return new Result { value = Send(sample, call) };
        } catch (FaultException e) {
            return new Result { fault = Seen(e) };
        } catch (Exception e) {
            if (!(e is CommunicationException || e is TimeoutException || e is WebException || e is XmlException || e is InvalidOperationException || e is SerializationException))
                throw;
            return new Result { error = e.GetType().Name + ": " + e.Message };
        }
    }

    static int Main()
    {
        var jobs = new DataContractJsonSerializer(typeof(Job));
        var all = new MemoryStream();
        using (Stream stdin = Console.OpenStandardInput())
            stdin.CopyTo(all);
        all.Position = 0;
        var job = (Job)jobs.ReadObject(all);
        ServicePointManager.DefaultConnectionLimit = 1;
        var channels = new Dictionary<string, ISample>();
        var factory = new ChannelFactory<ISample>(Bindings.For(Name(job)));
        august = job.addressing == "2004";
        var results = new List<Result>();
        foreach (Call call in job.calls) {
            string url = call.url ?? job.url;
            if (!channels.ContainsKey(url))
                channels[url] = factory.CreateChannel(new EndpointAddress(url));
            Result first = Once(channels[url], call);
            first.same = 1;
            for (int i = 1; i < call.repeat; i++)
                first.same += Once(channels[url], call).Equals(first) ? 1 : 0;
            results.Add(first);
        }
        using (Stream stdout = Console.OpenStandardOutput())
            new DataContractJsonSerializer(typeof(Dictionary<string, Result[]>), new DataContractJsonSerializerSettings { UseSimpleDictionaryFormat = true })
                .WriteObject(stdout, new Dictionary<string, Result[]> { { "results", results.ToArray() } });
        Environment.Exit(0); // does not wait for idle connections
        return 0;
    }
}
