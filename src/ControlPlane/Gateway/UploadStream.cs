using System.Threading.Channels;
using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Gateway;

/// <summary>One upload stream: log and file bytes of one agent, acknowledged when committed. It ends with the session that it belongs to.</summary>
internal sealed class UploadStream(SessionCommands sessions, LogUploads logs, FileUploads files, Signals signals, TimeProvider time)
{
    /// <summary>A newer session is signalled; this covers a signal that was lost between replicas.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);

    /// <summary>Answers that may wait for a commit; beyond it the stream is read no further.</summary>
    private const int MostPending = 256;

    /// <summary>Runs a stream until the agent closes it.</summary>
    public async Task RunAsync(IAsyncStreamReader<UploadRequest> requests, IServerStreamWriter<UploadResponse> responses, CancellationToken ct)
    {
        if (!await requests.MoveNext(ct) || requests.Current.Open is not { } open)
        {
            throw OrbitException.Invalid("MESSAGE_UNEXPECTED", "The first message of an upload must be UploadOpen.");
        }

        (long agentId, long epoch) = await sessions.RequireUploadTokenAsync(open.UploadToken, ct);
        await responses.WriteAsync(new() { Opened = new UploadOpened() }, ct);

        // Answers leave in the order of their requests; each is awaited when its turn comes.
        Channel<Task<UploadResponse>> answers = Channel.CreateBounded<Task<UploadResponse>>(new BoundedChannelOptions(MostPending) { SingleReader = true, SingleWriter = true });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task answering = AnswerAsync(answers.Reader, responses, ended);
        Task<bool> superseded = SupersededAsync(agentId, epoch, ended);
        try
        {
            await ReadAsync(agentId, requests, answers.Writer, ended.Token);
            answers.Writer.Complete();
            await answering;
        }
        catch (Exception failure)
        {
            answers.Writer.TryComplete(failure is OperationCanceledException ? null : failure);
            await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ended.CancelAsync();
            if (await superseded)
            {
                throw new OrbitException(Refusal.Fenced, "FENCED", "A newer session of the same agent has taken over; its token opens the next upload.");
            }

            if (answering.IsFaulted)
            {
                await answering; // why the reading was cancelled
            }

            throw;
        }
        finally
        {
            await ended.CancelAsync();
            await superseded;
        }
    }

    /// <summary>Ends the stream when its session is no longer the agent's newest. True: it did; false: the stream ended before.</summary>
    private async Task<bool> SupersededAsync(long agentId, long epoch, CancellationTokenSource ended)
    {
        while (!ended.IsCancellationRequested)
        {
            Task changed = signals.Changed(Topics.Agent(agentId));
            if (!await IsNewestAsync(agentId, epoch, ended.Token))
            {
                await ended.CancelAsync();
                return true;
            }

            await Task.WhenAny(changed, Task.Delay(LookAgain, time, ended.Token));
        }

        return false;
    }

    private async Task<bool> IsNewestAsync(long agentId, long epoch, CancellationToken ct)
    {
        try
        {
            return await sessions.IsNewestAsync(agentId, epoch, ct);
        }
        catch (Exception unknown) when (unknown is OperationCanceledException or OrbitException { Kind: Refusal.Later })
        {
            return true; // the stream has ended, or nobody can tell now: what it brings is refused by itself then
        }
    }

    /// <summary>Gathers what has arrived of one log into larger pieces, and hands over as soon as nothing more is at hand.</summary>
    private async Task ReadAsync(
        long agentId, IAsyncStreamReader<UploadRequest> requests, ChannelWriter<Task<UploadResponse>> answers, CancellationToken ct)
    {
        var gathered = new LogGathering(agentId);
        var parts = new FileParts();
        Task<bool> next = requests.MoveNext(ct);
        while (true)
        {
            if (!next.IsCompleted && !gathered.IsEmpty)
            {
                await FlushAsync(gathered, answers, ct);
            }

            if (!await next)
            {
                await FlushAsync(gathered, answers, ct);
                return;
            }

            UploadRequest request = requests.Current;
            next = await HandleAsync(request, gathered, parts, answers, requests, ct);
        }
    }

    private async Task<Task<bool>> HandleAsync(
        UploadRequest request, LogGathering gathered, FileParts parts, ChannelWriter<Task<UploadResponse>> answers,
        IAsyncStreamReader<UploadRequest> requests, CancellationToken ct)
    {
        switch (request.MessageCase)
        {
            case UploadRequest.MessageOneofCase.Log:
                if (!gathered.TryAdd(request.Log))
                {
                    await FlushAsync(gathered, answers, ct);
                    gathered.TryAdd(request.Log);
                }

                break;
            case UploadRequest.MessageOneofCase.File:
                await FlushAsync(gathered, answers, ct);
                await answers.WriteAsync(await files.StoreAsync(gathered.AgentId, parts, request.File, ct), ct);
                break;
            default:
                throw OrbitException.Invalid("MESSAGE_UNEXPECTED", "An upload holds pieces of logs and files only.");
        }

        return requests.MoveNext(ct);
    }

    private async Task FlushAsync(LogGathering gathered, ChannelWriter<Task<UploadResponse>> answers, CancellationToken ct)
    {
        if (!gathered.IsEmpty)
        {
            await answers.WriteAsync(await logs.StoreAsync(gathered, ct), ct);
            gathered.Clear();
        }
    }

    private static async Task AnswerAsync(ChannelReader<Task<UploadResponse>> answers, IServerStreamWriter<UploadResponse> responses, CancellationTokenSource ended)
    {
        try
        {
            await foreach (Task<UploadResponse> answer in answers.ReadAllAsync(ended.Token))
            {
                await responses.WriteAsync(await answer, ended.Token);
            }
        }
        catch
        {
            await ended.CancelAsync(); // nothing more can be acknowledged: stop reading
            throw;
        }
    }
}
