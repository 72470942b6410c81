using System.Globalization;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure.Internal;
using Npgsql.EntityFrameworkCore.PostgreSQL.Migrations;

#pragma warning disable EF1001 // The generator's constructor takes this options type; there is no other way to extend CREATE TABLE.

namespace Orbit.ControlPlane.Storage;

/// <summary>Adds <c>PARTITION BY RANGE</c> to tables that the model marks with <see cref="TimePartitioned"/>.</summary>
internal sealed class PartitioningSqlGenerator(MigrationsSqlGeneratorDependencies dependencies, INpgsqlSingletonOptions options)
    : NpgsqlMigrationsSqlGenerator(dependencies, options)
{
    /// <inheritdoc />
    protected override void Generate(CreateTableOperation operation, IModel? model, MigrationCommandListBuilder builder, bool terminate = true)
    {
        if (Partitions.ColumnOf(operation.Name, model) is not { } column)
        {
            base.Generate(operation, model, builder, terminate);
            return;
        }

        base.Generate(operation, model, builder, terminate: false);
        builder.Append(string.Create(CultureInfo.InvariantCulture, $" PARTITION BY RANGE ({column})"));
        if (terminate)
        {
            builder.AppendLine(";");
            builder.EndCommand();
        }
    }
}
