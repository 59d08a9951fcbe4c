import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { FeedKeyMade } from '../../api/schema.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { rereadFeedKeys } from './feedKeys.ts';

interface MakeKeyProps {
  onMade: (made: FeedKeyMade) => void;
  onClose: () => void;
}

const nameLengthMax = 100;

/** Asks whose key it is, and makes it. */
export function MakeKey({ onMade, onClose }: MakeKeyProps) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const [text, setText] = useState('');
  const name = text.trim();

  async function make() {
    const call = { params: { path: { org } }, body: { name } };
    onMade(await answer(api.POST('/api/v1/orgs/{org}/feed/keys', call)));
    onClose();
    void rereadFeedKeys(org);
  }

  return (
    <Confirm
      title={t('feed.keys.make')}
      confirmText={t('feed.keys.makeIt')}
      isBusy={isBusy}
      isDisabled={name === '' || name.length > nameLengthMax}
      onConfirm={() => run(make)}
      onCancel={onClose}
    >
      <FormField label={t('members.fields.name')} description={t('feed.keys.nameText')}>
        <Input value={text} onChange={({ detail }) => setText(detail.value)} />
      </FormField>
    </Confirm>
  );
}
