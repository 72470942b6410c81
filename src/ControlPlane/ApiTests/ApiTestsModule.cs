using Orbit.ControlPlane.Scheduling;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Registers API tests.</summary>
internal static class ApiTestsModule
{
    public static IServiceCollection AddApiTests(this IServiceCollection services)
    {
        services.AddSingleton<ApiItemCommands>();
        services.AddSingleton<EnvironmentCommands>();
        services.AddSingleton<DatasetCommands>();
        services.AddSingleton<LibraryTransferCommands>();
        services.AddSingleton<BatchCommands>();
        services.AddSingleton<BatchWatch>();
        services.AddSingleton<IAssignmentIngest, BatchEventsIngest>();
        services.AddSingleton<BatchPlanBuilder>();
        services.AddSingleton<IPlanFilling>(provider => provider.GetRequiredService<BatchPlanBuilder>());
        services.AddHostedService<BatchPass>();
        services.AddSingleton<IWorkFiles>(provider => provider.GetRequiredService<BatchPlanBuilder>());
        services.AddSingleton<ApiFileCommands>();
        services.AddGrpc().AddServiceOptions<ApiFileGrpcService>(grpc => grpc.MaxReceiveMessageSize = ApiFileCommands.LargestInOneMessage + 4096);
        services.AddSingleton<FolderRoleCommands>();
        services.AddSingleton<ResourcePoolCommands>();
        services.AddSingleton<FailureNoteCommands>();
        services.AddSingleton<BatchScheduleCommands>();
        services.AddHostedService<BatchSchedulePass>();
        services.AddSingleton<BatchRetentionCommands>();
        services.AddHostedService<BatchRetentionPass>();
        return services;
    }

    public static void MapApiTests(this WebApplication app)
    {
        app.MapGrpcService<ApiLibraryGrpcService>();
        app.MapGrpcService<ApiBatchGrpcService>();
        app.MapGrpcService<BatchScheduleGrpcService>();
        app.MapGrpcService<ResourcePoolGrpcService>();
        app.MapGrpcService<FolderRoleGrpcService>();
        app.MapGrpcService<ApiFileGrpcService>();
    }
}
