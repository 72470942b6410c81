using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.ApiTests;
using Orbit.Tests.Support;
using ApiFile = Orbit.Contracts.V1.ApiFile;
using ApiItem = Orbit.Contracts.V1.ApiItem;
using ApiVisibility = Orbit.Contracts.V1.ApiVisibility;
using FolderRole = Orbit.Contracts.V1.FolderRole;
using RowOutcome = Orbit.Contracts.V1.RowOutcome;

namespace Orbit.ControlPlane.Tests.ApiTests;

/// <summary>Files that cases send.</summary>
public sealed class FileTests
{
    private const string Request = """ "request":{"method":"POST","url":"http://127.0.0.1:9/","body":{"multipart":[{"name":"photo","file":"cat.png"}]}} """;
    private const string Spec = $$"""{ {{Request}} }""";
    private const string Sends = $$"""{"orbit":1,"cases":[{"name":"send",{{Request}} }]}""";

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task An_agent_gets_the_files_of_its_own_work_as_they_were_when_the_batch_began_and_no_others(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        var files = new ApiFileService.ApiFileServiceClient(lab.User);
        ApiBatchService.ApiBatchServiceClient batches = Library.Batches(lab.User);
        RpcException missing = await Library.RefusedAsync(async () => await batches.CreateBatchAsync(new() { Document = Sends }));
        Assert.Contains("cat.png", missing.Status.Detail, StringComparison.Ordinal);
        byte[] cat = RandomNumberGenerator.GetBytes(200_000);
        ApiFile stored = await UploadAsync(files, "cat.png", cat);
        Assert.Equal((200_000, Convert.ToHexStringLower(SHA256.HashData(cat))), (stored.Size, stored.Sha256));
        Assert.Equal(cat, await DownloadAsync(files, "cat.png"));
        ApiFile other = await files.PutApiFileAsync(new() { Name = "other.txt", Content = ByteString.CopyFromUtf8("other") });
        FakeAgentSession agent = await lab.AgentAsync();

        Batch made = await batches.CreateBatchAsync(new() { Document = Sends });
        await files.PutApiFileAsync(new() { Name = "cat.png", Content = ByteString.CopyFromUtf8("another cat") });
        FakeWork work = await (await agent.OfferAsync()).AcceptAsync();
        (string name, ApiPieceFile file) = work.Offer.Plan.ApiPiece.Files.Single();
        Assert.Equal(("cat.png", stored.Sha256, 200_000), (name, file.Sha256, file.Size));
        Assert.Equal(cat, await FetchAsync(agent, agent.Welcome.UploadToken, work.Id, file.Sha256));

        Assert.Equal(StatusCode.NotFound, (await Library.RefusedAsync(() => FetchAsync(agent, agent.Welcome.UploadToken, work.Id, other.Sha256))).StatusCode);
        Assert.Equal(StatusCode.Unauthenticated, (await Library.RefusedAsync(() => FetchAsync(agent, "1.wrong", work.Id, file.Sha256))).StatusCode);
        FakeAgentSession stranger = await lab.AgentAsync("lab-2");
        Assert.Equal(StatusCode.Aborted, (await Library.RefusedAsync(() => FetchAsync(stranger, stranger.Welcome.UploadToken, work.Id, file.Sha256))).StatusCode);
        await Library.EndPieceAsync(work, _ => RowOutcome.Passed);
        await Library.EndedAsync(lab, made.Id);
        Assert.Equal(StatusCode.Aborted, (await Library.RefusedAsync(() => FetchAsync(agent, agent.Welcome.UploadToken, work.Id, file.Sha256))).StatusCode);
        await files.DeleteApiFileAsync(new() { Name = "cat.png" });
        Assert.Equal(["other.txt"], (await files.ListApiFilesAsync(new())).Files.Select(f => f.Name));
        Assert.Equal(stored.Sha256, await lab.Orbit.Store.ReadAsync((db, ct) => db.ApiBatchFiles.Where(f => f.BatchId == made.Id).Select(f => f.Sha256).SingleAsync(ct), default));
    }

    [Theory, MemberData(nameof(Databases.All), MemberType = typeof(Databases))]
    public async Task Somebody_elses_private_file_is_neither_read_nor_replaced_nor_sent(string provider)
    {
        await using Lab lab = await Lab.StartAsync(provider);
        CallInvoker ann = await lab.Orbit.UserAsync("ann@example.com");
        CallInvoker bob = await lab.Orbit.UserAsync("bob@example.com");
        (ApiFileService.ApiFileServiceClient anns, ApiFileService.ApiFileServiceClient bobs) = (new(ann), new(bob));
        await anns.PutApiFileAsync(new() { Name = "cat.png", Content = ByteString.CopyFromUtf8("secret"), Visibility = ApiVisibility.Private });
        ApiItem send = await Library.CaseAsync(ann, "send", Spec);

        Assert.Empty((await bobs.ListApiFilesAsync(new())).Files);
        Assert.Equal(StatusCode.NotFound, await CodeAsync(() => DownloadAsync(bobs, "cat.png")));
        Assert.Equal(StatusCode.NotFound, await CodeAsync(async () => await bobs.DeleteApiFileAsync(new() { Name = "cat.png" })));
        Assert.Equal(StatusCode.AlreadyExists, await CodeAsync(async () => await bobs.PutApiFileAsync(new() { Name = "cat.png" })));
        Assert.Equal(StatusCode.InvalidArgument, await CodeAsync(async () => await Library.Batches(bob).CreateBatchAsync(new() { Document = Sends })));
        Assert.Equal(StatusCode.InvalidArgument, await CodeAsync(async () => await Library.Batches(bob).CreateBatchAsync(new() { CaseIds = { send.Id } })));
        Batch made = await Library.Batches(ann).CreateBatchAsync(new() { CaseIds = { send.Id } });
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await Library.Batches(bob).ListBatchRowsAsync(new() { Id = made.Id }))); // the case is open, what it sent is not

        await anns.PutApiFileAsync(new() { Name = "cat.png", Content = ByteString.CopyFromUtf8("open"), Visibility = ApiVisibility.Team, Folder = "pay" });
        Assert.Equal("open"u8.ToArray(), await DownloadAsync(bobs, "cat.png"));
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await bobs.PutApiFileAsync(new() { Name = "cat.png" })));
        await Library.Batches(bob).CreateBatchAsync(new() { CaseIds = { send.Id } });
        await new FolderRoleService.FolderRoleServiceClient(lab.Admin).PutFolderRoleAsync(new() { Folder = "pay", Person = "bob@example.com", Role = FolderRole.Viewer });
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await Library.Batches(bob).CreateBatchAsync(new() { CaseIds = { send.Id } })));
        Assert.Equal(StatusCode.PermissionDenied, await CodeAsync(async () => await bobs.PutApiFileAsync(new() { Name = "dog.png", Folder = "pay" })));
        Assert.Equal(StatusCode.InvalidArgument, await CodeAsync(() => UploadAsync(anns, "large.bin", new byte[(64 * 1024 * 1024) + 1])));
    }

    private static async Task<StatusCode> CodeAsync(Func<Task> work) => (await Library.RefusedAsync(work)).StatusCode;

    private static async Task<ApiFile> UploadAsync(ApiFileService.ApiFileServiceClient files, string name, byte[] content)
    {
        using AsyncClientStreamingCall<UploadApiFileRequest, ApiFile> call = files.UploadApiFile();
        try
        {
            bool isFirst = true;
            foreach (byte[] part in content.Chunk(content.Length > 1_000_000 ? 500_000 : 90_000))
            {
                await call.RequestStream.WriteAsync(new() { Name = isFirst ? name : "", Content = UnsafeByteOperations.UnsafeWrap(part) });
                isFirst = false;
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (RpcException)
        {
            // the answer says why it was refused
        }

        return await call;
    }

    private static async Task<byte[]> DownloadAsync(ApiFileService.ApiFileServiceClient files, string name)
    {
        using AsyncServerStreamingCall<RawBody> call = files.DownloadApiFile(new() { Name = name });
        using var all = new MemoryStream();
        await foreach (RawBody part in call.ResponseStream.ReadAllAsync())
        {
            part.Data.WriteTo(all);
        }

        return all.ToArray();
    }

    private static async Task<byte[]> FetchAsync(FakeAgentSession agent, string token, string assignment, string hash)
    {
        using AsyncServerStreamingCall<FetchedPart> call = new AgentGateway.AgentGatewayClient(agent.Server).FetchFile(new() { UploadToken = token, AssignmentId = assignment, Sha256 = hash });
        using var all = new MemoryStream();
        await foreach (FetchedPart part in call.ResponseStream.ReadAllAsync())
        {
            part.Data.WriteTo(all);
        }

        return all.ToArray();
    }
}
