import { CfnResource, Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Takes note of a finding of cdk-nag that stays on purpose, beside the construct that causes it.
 * @param rules findings by id without the pack's name (`COG2`, `IAM5[Resource::*]`) → why it is right here.
 */
export function acknowledge(construct: IConstruct, rules: Record<string, string>): void {
  const acknowledged = Object.entries(rules).map(([id, reason]) => ({ id: `AwsSolutions-${id}`, reason }));
  Validations.of(construct).acknowledge(...acknowledged);
}

/** The id of cdk-nag's finding on a policy whose resource is an attribute of another resource and a suffix. */
export function wildcardFinding(resource: IConstruct, suffix: string): string {
  const target = resource.node.defaultChild ?? resource;
  if (!CfnResource.isCfnResource(target)) throw new Error(`${resource.node.path} is no resource`);
  return `IAM5[Resource::<${Stack.of(resource).getLogicalId(target)}.Arn>${suffix}]`;
}

/** The actions that X-Ray and Step Functions' log delivery know only without a resource. */
export const unscopedActions =
  'X-Ray writes (xray:Put*, xray:GetSampling*) and CloudWatch log delivery (logs:*LogDelivery*, ' +
  'logs:*ResourcePolicies, logs:DescribeLogGroups) have no resource-level permissions; nothing else is granted on *.';
