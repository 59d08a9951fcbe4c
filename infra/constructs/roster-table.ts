import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, ProjectionType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { tableShape } from 'roster/aws/keys';
import type { Stage } from '../stages.ts';

const text = (name: string) => ({ name, type: AttributeType.STRING });

/** The one table (design section 4), with the key and the indexes that the adapters name. */
export class RosterTable extends Construct {
  readonly table: TableV2;
  /** ARN of the table, then of each index: what a policy names instead of `index/*`. */
  readonly arns: { table: string; indexes: string[] };

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    const { byLogin } = tableShape.indexes;
    this.table = new TableV2(this, 'Table', {
      partitionKey: text(tableShape.partitionKey),
      sortKey: text(tableShape.sortKey),
      timeToLiveAttribute: tableShape.timeToLive,
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: stage.pointInTimeRecoveryDays,
      },
      deletionProtection: stage.isProtected,
      removalPolicy: stage.isProtected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      globalSecondaryIndexes: [
        {
          indexName: byLogin.name,
          partitionKey: text(byLogin.partitionKey),
          sortKey: text(byLogin.sortKey),
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: ['account'],
        },
      ],
    });
    const indexes = [byLogin].map(({ name }) => `${this.table.tableArn}/index/${name}`);
    this.arns = { table: this.table.tableArn, indexes };
  }
}
