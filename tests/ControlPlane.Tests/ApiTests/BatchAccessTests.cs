using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;
using ApiItem = Orbit.Contracts.V1.ApiItem;
using ApiVisibility = Orbit.Contracts.V1.ApiVisibility;
using RowOutcome = Orbit.Contracts.V1.RowOutcome;

namespace Orbit.ControlPlane.Tests.ApiTests;

/// <summary>Every call that names a case, a scenario or a batch by its number, made by somebody who may not see it.</summary>
public sealed class BatchAccessTests
{
    private const string Secret = "takeover";

    private const string Posted = $$"""{"orbit":1,"cases":[{"name":"{{Secret}} posted","request":{"url":"http://127.0.0.1:9/ping"},"assert":[{"status":200}]}]}""";

    /// <summary>Names of the fields that number a case, a scenario or a batch, beside the <c>id</c> of the calls of their own services.</summary>
    private static readonly string[] Numbers = ["case_ids", "scenario_ids", "compare_with", "batch_id"];

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task No_call_shows_or_steers_what_is_private_to_somebody_else(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        CallInvoker ann = await lab.Orbit.UserAsync("ann@example.com");
        CallInvoker bob = await lab.Orbit.UserAsync("bob@example.com");
        await using RowAgent agent = await RowAgent.StartAsync(lab);
        agent.Judge = _ => RowOutcome.Failed;
        ApiItem open = await Library.CaseAsync(ann, "open");
        ApiItem secret = await Library.CaseAsync(ann, Secret, visibility: ApiVisibility.Private);
        ApiItem around = await Library.ScenarioAsync(ann, Secret + "s", $$"""{"steps":["{{Secret}}"]}""");
        await Library.Of(ann).UpdateScenarioAsync(new() { Id = around.Id, Visibility = ApiVisibility.Private });
        Batch shown = await Library.Batches(ann).CreateBatchAsync(new() { CaseIds = { open.Id } });
        Batch hidden = await Library.Batches(ann).CreateBatchAsync(new() { CaseIds = { secret.Id } });
        Batch posted = await Library.Batches(ann).CreateBatchAsync(new() { Document = Posted });
        foreach (Batch batch in (Batch[])[shown, hidden, posted])
        {
            await Library.EndedAsync(lab, batch.Id);
        }


        var opened = new List<string>();
        int asked = 0;
        foreach ((MethodDescriptor method, FieldDescriptor field) in Calls())
        {
            long[] numbers = field.Name is "scenario_ids" || method.Name.Contains("Scenario", StringComparison.Ordinal) ? [around.Id]
                : field.Name is "case_ids" || method.Service.Name == "ApiLibraryService" ? [secret.Id] : [hidden.Id, posted.Id];
            foreach (long number in numbers)
            {
                string answer = await AnswerAsync(bob, method, Request(method, field, number, shown.Id));
                bool refused = answer is nameof(StatusCode.NotFound) or nameof(StatusCode.PermissionDenied);
                bool nameless = method.Name == "GetBatch" && answer.Length > 0 && !answer.Contains(Secret, StringComparison.Ordinal); // says how many rows, not which
                if (!refused && !nameless)
                {
                    opened.Add($"{method.Name}({field.Name}): {answer}");
                }

                asked++;
            }
        }

        Assert.Empty(opened);
        Assert.True(asked >= 40, $"only {asked} calls were made");
        await NotesFollowTheirBatchAsync(lab, ann, bob, shown.Id, hidden.Id);
    }

    /// <summary>The same cause is in a batch that both may read and in one that only one may; and a document that is shared.</summary>
    private static async Task NotesFollowTheirBatchAsync(Lab lab, CallInvoker ann, CallInvoker bob, long shown, long hidden)
    {
        (ApiBatchService.ApiBatchServiceClient anns, ApiBatchService.ApiBatchServiceClient bobs) = (Library.Batches(ann), Library.Batches(bob));
        await anns.PutFailureNoteAsync(new() { Fingerprint = "f-500", Text = $"only {Secret}", BatchId = hidden });
        Assert.Null((await bobs.GetBatchReportAsync(new() { Id = shown })).Clusters.Single().Note);
        Assert.Empty((await bobs.ListFailureNotesAsync(new())).Notes);
        Assert.Equal(StatusCode.PermissionDenied, (await Library.RefusedAsync(async () => await bobs.PutFailureNoteAsync(new() { Fingerprint = "f-500", Text = "mine", BatchId = shown }))).StatusCode);
        Assert.Equal(StatusCode.PermissionDenied, (await Library.RefusedAsync(async () => await bobs.DeleteFailureNoteAsync(new() { Fingerprint = "f-500" }))).StatusCode);
        Assert.Equal(hidden, (await anns.GetBatchReportAsync(new() { Id = shown })).Clusters.Single().Note.BatchId);

        await anns.PutFailureNoteAsync(new() { Fingerprint = "f-500", Text = "the gate is down", BatchId = shown });
        Assert.Equal("the gate is down", (await bobs.GetBatchReportAsync(new() { Id = shown })).Clusters.Single().Note.Text);
        await bobs.PutFailureNoteAsync(new() { Fingerprint = "f-500", Text = "it is up" });
        Assert.Equal(("it is up", shown), (await bobs.ListFailureNotesAsync(new())).Notes.Select(n => (n.Text, n.BatchId)).Single());
        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(async () => await bobs.PutFailureNoteAsync(new() { Fingerprint = "f-other", Text = "x", BatchId = shown }))).StatusCode);

        Batch shared = await anns.CreateBatchAsync(new() { Document = Posted, Shared = true });
        Assert.Equal(Secret + " posted", (await bobs.GetBatchReportAsync(new() { Id = shared.Id })).Batch.Name);
        await Library.EndedAsync(lab, shared.Id);
        Assert.Equal(shared.Id, (await bobs.RerunFailedRowsAsync(new() { Id = shared.Id })).Id);
        Assert.Equal(StatusCode.InvalidArgument, (await Library.RefusedAsync(async () => await anns.CreateBatchAsync(new() { Tag = "t", Shared = true }))).StatusCode);
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task A_list_names_nothing_that_is_private_to_somebody_else(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        CallInvoker ann = await lab.Orbit.UserAsync("ann@example.com");
        CallInvoker bob = await lab.Orbit.UserAsync("bob@example.com");
        ApiItem secret = await Library.CaseAsync(ann, Secret, visibility: ApiVisibility.Private);
        ApiItem open = await Library.CaseAsync(ann, "open");
        await Library.Batches(ann).CreateBatchAsync(new() { CaseIds = { secret.Id } });
        await Library.Batches(ann).CreateBatchAsync(new() { Document = Posted });
        await new ApiFileService.ApiFileServiceClient(ann).PutApiFileAsync(new() { Name = Secret + ".png", Visibility = ApiVisibility.Private });
        var schedules = new BatchScheduleService.BatchScheduleServiceClient(ann);
        await schedules.CreateBatchScheduleAsync(new() { Name = Secret, Cron = "0 3 * * *", Batch = new() { CaseIds = { secret.Id } } });
        await schedules.CreateBatchScheduleAsync(new() { Name = "nightly", Cron = "0 3 * * *", Batch = new() { CaseIds = { open.Id } } });

        string[] named = [.. await ListedAsync(bob)];
        string[] own = [.. await ListedAsync(ann)];

        Assert.Empty(named);
        Assert.Equal(["ListActiveBatches", "ListApiFiles", "ListBatchSchedules", "ListBatches", "ListCases"], own.Order(StringComparer.Ordinal));
        Assert.Equal(["nightly"], (await new BatchScheduleService.BatchScheduleServiceClient(bob).ListBatchSchedulesAsync(new())).BatchSchedules.Select(s => s.Name));
        Assert.Equal(2, (await new BatchScheduleService.BatchScheduleServiceClient(lab.Admin).ListBatchSchedulesAsync(new())).BatchSchedules.Count);
    }

    /// <summary>Lists of the services of API tests that name the private case.</summary>
    private static async Task<List<string>> ListedAsync(CallInvoker caller)
    {
        var found = new List<string>();
        foreach (MethodDescriptor method in Services().SelectMany(s => s.Methods).Where(m => m.Name.StartsWith("List", StringComparison.Ordinal) && m.InputType.FindFieldByName("id") is null))
        {
            if ((await AnswerAsync(caller, method, method.InputType.Parser.ParseFrom([]))).Contains(Secret, StringComparison.Ordinal))
            {
                found.Add(method.Name);
            }
        }

        return found;
    }

    private static ServiceDescriptor[] Services() => [ApiBatchService.Descriptor, ApiLibraryService.Descriptor, BatchScheduleService.Descriptor, ApiFileService.Descriptor];

    private static IEnumerable<(MethodDescriptor Method, FieldDescriptor Field)> Calls() =>
        from method in Services().SelectMany(s => s.Methods)
        from field in Holder(method).Fields.InDeclarationOrder()
        where Numbers.Contains(field.Name) || (field.Name == "id" && IsOfItem(method))
        where method.Name != "UpdateBatchSchedule" // names the schedule first, which only its owner may change
        select (method, field);

    private static bool IsOfItem(MethodDescriptor method) =>
        method.Service.Name == "ApiBatchService" || (method.Service.Name == "ApiLibraryService" && (method.Name.Contains("Case", StringComparison.Ordinal) || method.Name.Contains("Scenario", StringComparison.Ordinal)));

    /// <summary>The message that numbers things: the request, or the batch within it.</summary>
    private static MessageDescriptor Holder(MethodDescriptor method) => method.InputType.FindFieldByName("batch")?.MessageType ?? method.InputType;

    private static IMessage Request(MethodDescriptor method, FieldDescriptor field, long number, long readable)
    {
        IMessage request = Filled(method.InputType);
        IMessage holder = request;
        if (field.ContainingType != method.InputType)
        {
            holder = Filled(field.ContainingType);
            method.InputType.FindFieldByName("batch").Accessor.SetValue(request, holder);
        }

        if (field.Name == "compare_with")
        {
            method.InputType.FindFieldByName("id").Accessor.SetValue(request, readable);
        }

        if (field.IsRepeated)
        {
            ((System.Collections.IList)field.Accessor.GetValue(holder)).Add(number);
        }
        else
        {
            field.Accessor.SetValue(holder, number);
        }

        return request;
    }

    /// <summary>With what a call wants beside the number, so that it is refused for no other cause.</summary>
    private static IMessage Filled(MessageDescriptor type)
    {
        IMessage message = type.Parser.ParseFrom([]);
        foreach ((string name, object value) in (ReadOnlySpan<(string, object)>)[("concurrency", 3), ("format", "jsonl"), ("name", "other"), ("cron", "0 3 * * *"), ("folder", ""), ("fingerprint", "f-500")])
        {
            if (type.FindFieldByName(name) is { IsRepeated: false } field && type.Name != "CreateBatchRequest" && !field.HasPresence)
            {
                field.Accessor.SetValue(message, value);
            }
        }

        return message;
    }

    /// <summary>The text of all that came, or the code of the refusal.</summary>
    private static async Task<string> AnswerAsync(CallInvoker caller, MethodDescriptor method, IMessage request)
    {
        MethodType kind = method.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary;
        var call = new Method<byte[], byte[]>(kind, method.Service.FullName, method.Name, Bytes, Bytes);
        try
        {
            if (kind is MethodType.Unary)
            {
                return method.OutputType.Parser.ParseFrom(await caller.AsyncUnaryCall(call, null, default, request.ToByteArray())).ToString() ?? "";
            }

            using AsyncServerStreamingCall<byte[]> stream = caller.AsyncServerStreamingCall(call, null, default, request.ToByteArray());
            return await stream.ResponseStream.MoveNext() ? method.OutputType.Parser.ParseFrom(stream.ResponseStream.Current).ToString() ?? "" : "an empty stream";
        }
        catch (RpcException refused)
        {
            return refused.StatusCode.ToString();
        }
    }
}
