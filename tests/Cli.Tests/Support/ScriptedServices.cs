using Grpc.Core;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests.Support;

internal sealed class ScriptedAuth(Answers answers) : AuthService.AuthServiceBase
{
    public override Task<LoginResponse> Login(LoginRequest request, ServerCallContext context) => answers.Answer<LoginRequest, LoginResponse>(request, context);

    public override Task<LogoutResponse> Logout(LogoutRequest request, ServerCallContext context) => answers.Answer<LogoutRequest, LogoutResponse>(request, context);

    public override Task<GetMeResponse> GetMe(GetMeRequest request, ServerCallContext context) => answers.Answer<GetMeRequest, GetMeResponse>(request, context);
}

internal sealed class ScriptedBuilds(Answers answers) : BuildService.BuildServiceBase
{
    public override Task<PostBuildResponse> PostBuild(PostBuildRequest request, ServerCallContext context) => answers.Answer<PostBuildRequest, PostBuildResponse>(request, context);

    public override Task<ListBuildsResponse> ListBuilds(ListBuildsRequest request, ServerCallContext context) => answers.Answer<ListBuildsRequest, ListBuildsResponse>(request, context);

    public override Task<Build> GetBuild(GetBuildRequest request, ServerCallContext context) => answers.Answer<GetBuildRequest, Build>(request, context);
}

internal sealed class ScriptedItems(Answers answers) : TestItemService.TestItemServiceBase
{
    public override Task<ListTestItemsResponse> ListTestItems(ListTestItemsRequest request, ServerCallContext context) => answers.Answer<ListTestItemsRequest, ListTestItemsResponse>(request, context);

    public override Task<TestItem> GetTestItem(GetTestItemRequest request, ServerCallContext context) => answers.Answer<GetTestItemRequest, TestItem>(request, context);

    public override Task<TestItem> CreateTestItem(CreateTestItemRequest request, ServerCallContext context) => answers.Answer<CreateTestItemRequest, TestItem>(request, context);

    public override Task<TestItem> UpdateTestItem(UpdateTestItemRequest request, ServerCallContext context) => answers.Answer<UpdateTestItemRequest, TestItem>(request, context);

    public override Task<DeleteTestItemResponse> DeleteTestItem(DeleteTestItemRequest request, ServerCallContext context) => answers.Answer<DeleteTestItemRequest, DeleteTestItemResponse>(request, context);
}

internal sealed class ScriptedSets(Answers answers) : ParameterSetService.ParameterSetServiceBase
{
    public override Task<ListParameterSetsResponse> ListParameterSets(ListParameterSetsRequest request, ServerCallContext context) => answers.Answer<ListParameterSetsRequest, ListParameterSetsResponse>(request, context);

    public override Task<ParameterSet> GetParameterSet(GetParameterSetRequest request, ServerCallContext context) => answers.Answer<GetParameterSetRequest, ParameterSet>(request, context);

    public override Task<ParameterSet> CreateParameterSet(CreateParameterSetRequest request, ServerCallContext context) => answers.Answer<CreateParameterSetRequest, ParameterSet>(request, context);

    public override Task<ParameterSet> UpdateParameterSet(UpdateParameterSetRequest request, ServerCallContext context) => answers.Answer<UpdateParameterSetRequest, ParameterSet>(request, context);

    public override Task<DeleteParameterSetResponse> DeleteParameterSet(DeleteParameterSetRequest request, ServerCallContext context) => answers.Answer<DeleteParameterSetRequest, DeleteParameterSetResponse>(request, context);
}

internal sealed class ScriptedRuns(Answers answers) : RunService.RunServiceBase
{
    public override Task<Run> TriggerDeployTest(TriggerDeployTestRequest request, ServerCallContext context) => answers.Answer<TriggerDeployTestRequest, Run>(request, context);

    public override Task<ListRunsResponse> ListRuns(ListRunsRequest request, ServerCallContext context) => answers.Answer<ListRunsRequest, ListRunsResponse>(request, context);

    public override Task<ListActiveRunsResponse> ListActiveRuns(ListActiveRunsRequest request, ServerCallContext context) => answers.Answer<ListActiveRunsRequest, ListActiveRunsResponse>(request, context);

    public override Task<Run> GetRun(GetRunRequest request, ServerCallContext context) => answers.Answer<GetRunRequest, Run>(request, context);

    public override Task<Run> CancelRun(CancelRunRequest request, ServerCallContext context) => answers.Answer<CancelRunRequest, Run>(request, context);

    public override Task<Run> RerunRun(RerunRunRequest request, ServerCallContext context) => answers.Answer<RerunRunRequest, Run>(request, context);

    public override Task<Run> RollbackRun(RollbackRunRequest request, ServerCallContext context) => answers.Answer<RollbackRunRequest, Run>(request, context);

    public override Task<ListLogsResponse> ListLogs(ListLogsRequest request, ServerCallContext context) => answers.Answer<ListLogsRequest, ListLogsResponse>(request, context);

    public override Task<ListRunTestsResponse> ListRunTests(ListRunTestsRequest request, ServerCallContext context) => answers.Answer<ListRunTestsRequest, ListRunTestsResponse>(request, context);

    public override Task WatchRun(WatchRunRequest request, IServerStreamWriter<RunEvent> responseStream, ServerCallContext context) => answers.Play(answers.Watches, request, responseStream, context);

    public override Task FollowLog(FollowLogRequest request, IServerStreamWriter<LogChunk> responseStream, ServerCallContext context) => answers.Play(answers.Logs, request, responseStream, context);

    public override Task ReadLog(ReadLogRequest request, IServerStreamWriter<RawBody> responseStream, ServerCallContext context) => answers.Play(answers.Searches, request, responseStream, context);
}

internal sealed class ScriptedAgents(Answers answers) : AgentService.AgentServiceBase
{
    public override Task<ListAgentsResponse> ListAgents(ListAgentsRequest request, ServerCallContext context) => answers.Answer<ListAgentsRequest, ListAgentsResponse>(request, context);

    public override Task<Agent> GetAgent(GetAgentRequest request, ServerCallContext context) => answers.Answer<GetAgentRequest, Agent>(request, context);

    public override Task<CreateJoinTokenResponse> CreateJoinToken(CreateJoinTokenRequest request, ServerCallContext context) => answers.Answer<CreateJoinTokenRequest, CreateJoinTokenResponse>(request, context);

    public override Task<Agent> DrainAgent(DrainAgentRequest request, ServerCallContext context) => answers.Answer<DrainAgentRequest, Agent>(request, context);
}

internal sealed class ScriptedSettings(Answers answers) : SettingService.SettingServiceBase
{
    public override Task<ListSettingsResponse> ListSettings(ListSettingsRequest request, ServerCallContext context) => answers.Answer<ListSettingsRequest, ListSettingsResponse>(request, context);

    public override Task<UpdateSettingsResponse> UpdateSettings(UpdateSettingsRequest request, ServerCallContext context) => answers.Answer<UpdateSettingsRequest, UpdateSettingsResponse>(request, context);
}

internal sealed class ScriptedDoctor(Answers answers) : DoctorService.DoctorServiceBase
{
    public override Task<ExamineResponse> Examine(ExamineRequest request, ServerCallContext context) => answers.Answer<ExamineRequest, ExamineResponse>(request, context);

    public override Task<MendResponse> Mend(MendRequest request, ServerCallContext context) => answers.Answer<MendRequest, MendResponse>(request, context);
}

internal sealed class ScriptedJobVersions(Answers answers) : JobVersionService.JobVersionServiceBase
{
    public override Task<ListJobVersionsResponse> ListJobVersions(ListJobVersionsRequest request, ServerCallContext context) => answers.Answer<ListJobVersionsRequest, ListJobVersionsResponse>(request, context);

    public override Task<JobVersion> PutJobVersion(PutJobVersionRequest request, ServerCallContext context) => answers.Answer<PutJobVersionRequest, JobVersion>(request, context);

    public override Task<JobVersion> SyncJobVersion(SyncJobVersionRequest request, ServerCallContext context) => answers.Answer<SyncJobVersionRequest, JobVersion>(request, context);
}

internal sealed class ScriptedLibrary(Answers answers) : ApiLibraryService.ApiLibraryServiceBase
{
    public override Task<ListDatasetsResponse> ListDatasets(ListDatasetsRequest request, ServerCallContext context) => answers.Answer<ListDatasetsRequest, ListDatasetsResponse>(request, context);

    public override Task<ApiDataset> GetDataset(GetDatasetRequest request, ServerCallContext context) => answers.Answer<GetDatasetRequest, ApiDataset>(request, context);

    public override Task<ApiDataset> CreateDataset(CreateDatasetRequest request, ServerCallContext context) => answers.Answer<CreateDatasetRequest, ApiDataset>(request, context);

    public override Task<DeleteDatasetResponse> DeleteDataset(DeleteDatasetRequest request, ServerCallContext context) => answers.Answer<DeleteDatasetRequest, DeleteDatasetResponse>(request, context);

    public override async Task<ApiDataset> UploadDatasetRows(IAsyncStreamReader<UploadDatasetRowsRequest> requestStream, ServerCallContext context)
    {
        await foreach (UploadDatasetRowsRequest part in requestStream.ReadAllAsync())
        {
            answers.Asked.Enqueue(part);
        }

        return await answers.Answer<UploadDatasetRowsRequest, ApiDataset>(new(), context);
    }

    public override Task ExportDataset(ExportDatasetRequest request, IServerStreamWriter<RawBody> responseStream, ServerCallContext context) => answers.Play(answers.Exports, request, responseStream, context);
}

internal sealed class ScriptedFolderRoles(Answers answers) : FolderRoleService.FolderRoleServiceBase
{
    public override Task<ListFolderRolesResponse> ListFolderRoles(ListFolderRolesRequest request, ServerCallContext context) => answers.Answer<ListFolderRolesRequest, ListFolderRolesResponse>(request, context);

    public override Task<FolderRoleEntry> PutFolderRole(PutFolderRoleRequest request, ServerCallContext context) => answers.Answer<PutFolderRoleRequest, FolderRoleEntry>(request, context);

    public override Task<DeleteFolderRoleResponse> DeleteFolderRole(DeleteFolderRoleRequest request, ServerCallContext context) => answers.Answer<DeleteFolderRoleRequest, DeleteFolderRoleResponse>(request, context);
}
